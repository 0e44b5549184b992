"""The smallest Django project that lets django-helpdesk read a mailbox; it runs in a venv of its own.

sqlite with Django's own defaults, DEBUG off, the dummy mail backend (letters are rendered, none leaves), logging as
shipped. The folder of the database and of attachments is PEER_DIR.
"""

import os
from pathlib import Path

PEER_DIR = Path(os.environ["PEER_DIR"])

SECRET_KEY = "only for a benchmark on loopback"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
SITE_ID = 1
ROOT_URLCONF = "urls"
STATIC_URL = "/static/"
MEDIA_ROOT = str(PEER_DIR / "media")
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_FROM_EMAIL = "agent@example.test"

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(PEER_DIR / "helpdesk.sqlite3")}}

# What the install page of django-helpdesk asks for, without teams.
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_cleanup.apps.CleanupConfig",
    "helpdesk",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
HELPDESK_TEAMS_MODE_ENABLED = False
