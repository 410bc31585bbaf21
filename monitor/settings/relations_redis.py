"""What the keys of Redis's section must be together."""

from typing import Final

from monitor.settings.redis_address import has_sentinels, has_tls, options_of, user_of
from monitor.settings.relation import Name, Relation, key_alone, one_password
from monitor.settings.sections import RedisSettings, Settings

_FALSE: Final = ("0", "f", "false", "n", "no")
"""As the client reads them."""
_SENTINELS: Final = ("redis.sentinel_username", "redis.sentinel_password", "redis.sentinel_password_file")
_FILES: Final = ("redis.ca_file", "redis.certificate_file", "redis.key_file")


def _files_unused(settings: Settings, name: Name) -> str | None:
    redis = settings.redis
    if has_tls(redis.url) or not (redis.ca_file or redis.certificate_file or redis.key_file):
        return None
    return f"is not used: {name('redis.url')} is one without TLS; say rediss:// there, or remove the file"


def _told_twice(settings: Settings, name: Name) -> str | None:
    redis = settings.redis
    options = options_of(redis.url)
    twice = [
        key
        for key, option in (
            ("ca_file", "ssl_ca_certs"),
            ("certificate_file", "ssl_certfile"),
            ("key_file", "ssl_keyfile"),
        )
        if getattr(redis, key) is not None and option in options
    ]
    if redis.username is not None and user_of(redis.url) not in (None, redis.username):
        twice.insert(0, "username")
    if not twice:
        return None
    keys = " and ".join(name(f"redis.{key}") for key in twice)
    return f"tells what {keys} tells, too: remove it from the address"


def _user_alone(settings: Settings, name: Name) -> str | None:
    redis = settings.redis
    if redis.username is None or _has_password(redis):
        return None
    return f"there is no password for {name('redis.username')}: set MONITOR_REDIS__PASSWORD or redis.password_file"


def _sentinel_user_alone(settings: Settings, name: Name) -> str | None:
    redis = settings.redis
    if redis.sentinel_username is None or redis.sentinel_password or redis.sentinel_password_file:
        return None
    return (
        f"there is no password for {name('redis.sentinel_username')}: set MONITOR_REDIS__SENTINEL_PASSWORD or "
        "redis.sentinel_password_file"
    )


def _no_sentinels(settings: Settings, name: Name) -> str | None:
    redis = settings.redis
    given = redis.sentinel_username or redis.sentinel_password or redis.sentinel_password_file
    if has_sentinels(redis.url) or not given:
        return None
    return f"is not used: {name('redis.url')} names no sentinels; say redis+sentinel:// there, or remove the key"


def _has_password(redis: RedisSettings) -> bool:
    return redis.password is not None or redis.password_file is not None


def _anybody_is_believed(settings: Settings, name: Name) -> str | None:
    del name
    options = options_of(settings.redis.url)
    for option, harmful in (("ssl_cert_reqs", ("none", "optional")), ("ssl_check_hostname", _FALSE)):
        if options.get(option, "").lower() in harmful:
            return (
                f"its option {option} is {options[option]}: whoever stands between is believed to be the store, and "
                "gets the password; remove the option, and name the authority in redis.ca_file"
            )
    return None


REDIS: Final = (
    Relation(
        "warning", ("redis.password_file", "redis.password"), "one of the two", one_password("redis", "password")
    ),
    Relation("error", ("redis.username",), "with a user: a password", _user_alone),
    Relation(
        "error", ("redis.key_file", "redis.certificate_file"), "with a key: its certificate", key_alone("redis")
    ),
    Relation(
        "error", ("redis.url", "redis.username", *_FILES), "user and files in keys, or in the address", _told_twice
    ),
    Relation(
        "warning",
        ("redis.sentinel_password_file", "redis.sentinel_password"),
        "one of the two",
        one_password("redis", "sentinel_password"),
    ),
    Relation("error", ("redis.sentinel_username",), "with a user of the sentinels: a password", _sentinel_user_alone),
    Relation("warning", _SENTINELS, "with a login at sentinels: `redis+sentinel://`", _no_sentinels),
    Relation("warning", (*_FILES, "redis.url"), "with a CA or a certificate: `rediss://`", _files_unused),
    Relation("warning", ("redis.url",), "the store's certificate is verified", _anybody_is_believed),
)
