"""Settings of the library catalogue; secrets come from the environment."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = os.environ.get("CATALOGUE_DEBUG") == "1"
SECRET_KEY = os.environ.get("CATALOGUE_SECRET_KEY", "only for development")
ALLOWED_HOSTS = ["catalogue.example.org", "localhost"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions,
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "loans",
    "search",
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("CATALOGUE_DB", "catalogue"),
        "USER": os.environ.get("CATALOGUE_DB_USER", "catalogue"),
        "HOST": os.environ.get("CATALOGUE_DB_HOST", "localhost"),
        "PORT": 5432,
    }
}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
        },
    },
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/Lisbon"
USE_TZ = True
STATIC_URL = "static/"
