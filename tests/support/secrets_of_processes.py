"""Which secrets each process of the hub needs, and so is given by units and compose; it is given no others."""

from __future__ import annotations

from pydantic import SecretStr

from boeing_data_hub.settings import Settings

SECRETS = {
    name.upper()
    for name, field in Settings.model_fields.items()
    if field.annotation is SecretStr or SecretStr in getattr(field.annotation, "__args__", ())
}
BROKER = {"REDIS_URL", "CELERY_BROKER_URL"}
EVERYBODY = {"DATABASE_URL", "OTEL_EXPORTER_OTLP_HEADERS", *BROKER}
BOEING = {"BOEING_CLIENT_ID", "BOEING_CLIENT_SECRET", "BOEING_USERNAME", "BOEING_PASSWORD"}
STORE = {"SHOPIFY_CLIENT_SECRET", "SHOPIFY_ADMIN_API_TOKEN"}
PICTURES = {"SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_KEY"}
PEOPLE = {"HUB_OIDC_CLIENT_SECRET", "HUB_QUOTE_WEBHOOK_SECRET", "HUB_QUOTE_WEBHOOK_SECRET_PREVIOUS"}
NOTICES = {"HUB_DIGEST_WEBHOOK_URL", "HUB_DIGEST_WEBHOOK_SECRET", "HUB_SMTP_PASSWORD"}
LISTS = {"HUB_LIST_SFTP_PASSWORDS"}
NOBODY = {"CELERY_RESULT_BACKEND", "HUB_API_KEY"}  # unused, and the command line's own

NEEDS = {
    "api": EVERYBODY | BOEING | STORE | PICTURES | PEOPLE,  # Boeing for "Test connections" alone
    "extraction": EVERYBODY | BOEING,
    "normalization": EVERYBODY,
    "publishing": EVERYBODY | STORE | PICTURES,
    "default": EVERYBODY | NOTICES | LISTS,
    "beat": BROKER,
    "upgrade": {"DATABASE_URL", "HUB_OWNER_DATABASE_URL"},
}

BESIDE = {"SUPABASE_URL": "SUPABASE_SECRET_KEY", "HUB_OIDC_ISSUER": "HUB_OIDC_CLIENT_SECRET"}
"""Settings that are valid only beside a secret, so a process without the one must lack the other."""


def withheld(process: str) -> set[str]:
    """What a process is not given."""
    needs = NEEDS[process]
    return (SECRETS - needs) | {name for name, secret in BESIDE.items() if secret not in needs}
