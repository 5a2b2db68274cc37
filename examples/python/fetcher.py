import json
import logging
import time
import urllib.error
import urllib.request

logger = logging.getLogger(__name__)


class Client:
    def __init__(self, base_url, retries=3, timeout=10.0):
        self.base_url = base_url.rstrip("/")
        self.retries = retries
        self.timeout = timeout

    def get(self, path):
        url = f"{self.base_url}/{path.lstrip('/')}"
        for attempt in range(1, self.retries + 1):
            try:
                with urllib.request.urlopen(url, timeout=self.timeout) as response:
                    return json.loads(response.read().decode("utf-8")))
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise
                logger.warning("%s answered %d", url, error.code)
            except urllib.error.URLError as error:
                logger.warning("%s: %s", url, error.reason)
            time.sleep(2 ** attempt)
        raise RuntimeError(f"gave up on {url} after {self.retries} attempts")

    def post(self, path, payload):
        request = urllib.request.Request(
            f"{self.base_url}/{path.lstrip('/')}",
            data=json.dumps(payload).encode("utf-8"),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=self.timeout) as response:
            return response.status
