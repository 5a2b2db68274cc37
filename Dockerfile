# syntax=docker/dockerfile:1
# lm-lint with torch for the CPU: docker build -t lm-lint . && docker run --rm -v "$PWD:/src" lm-lint .
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# torch first: its layer stays while the code changes. What it needs is pinned and comes with lm-lint, below.
COPY constraints.txt ./
RUN python -m venv /opt/lm-lint \
 && /opt/lm-lint/bin/pip install --quiet --constraint constraints.txt --no-deps \
    ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch
COPY . ./
RUN python -m pip wheel --quiet --no-deps --wheel-dir dist . \
 && /opt/lm-lint/bin/pip install --quiet --constraint constraints.txt dist/*.whl \
 && /opt/lm-lint/bin/lm-lint --version
# What only compilers, tests and pip would read goes; then a slip must still be found (status 1).
RUN /opt/lm-lint/bin/pip uninstall --quiet --yes pip \
 && torch=$(echo /opt/lm-lint/lib/python*/site-packages/torch) \
 && rm -rf "$torch/include" "$torch/share" "$torch/test" \
 && find "$torch/bin" -type f ! -name torch_shm_manager -delete \
 && find /opt/lm-lint -type d -name tests -prune -exec rm -rf {} + \
 && find /opt/lm-lint -name '*.a' -delete \
 && printf 'int f(void) { return (1; }\n' > slip.c \
 && { /opt/lm-lint/bin/lm-lint check --no-cache slip.c; test $? -eq 1; }

FROM ${PYTHON_IMAGE}
# git tells which lines changed (--changed-since, --staged), whoever owns the mounted project.
RUN apt-get update --quiet \
 && apt-get install --quiet --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory '*' \
 && useradd --create-home --uid 1000 lint \
 && install --directory --mode 1777 /cache
COPY --from=build /opt/lm-lint /opt/lm-lint
# Results are kept below /cache, which is worth a volume; anybody may write there: docker run --user "$(id -u)".
ENV PATH=/opt/lm-lint/bin:$PATH LM_LINT_CACHE_DIR=/cache PYTHONDONTWRITEBYTECODE=1
USER 1000
WORKDIR /src
ENTRYPOINT ["lm-lint"]
CMD ["--help"]
