"""The files that keys name: secrets and certificates, looked at by whoever needs them."""

from functools import partial

from monitor.core.fault import Fault
from monitor.settings.configuration import Configuration
from monitor.settings.files import FileAbsent, SecretUnusable, open_to_others, read_secret, require_pem


def unusable_files(configuration: Configuration, *, needed: bool) -> list[Fault]:
    """What is wrong with the files that keys name; one that is missing is an error only where it is `needed` here.

    Starting does not look at them: a container has those that its command reads, and no others.
    """
    found = []
    kafka, redis = configuration.settings.kafka, configuration.settings.redis
    a_certificate, a_key = partial(require_pem, what="CERTIFICATE"), partial(require_pem, what="PRIVATE KEY")
    for key, file, look in (
        ("kafka.sasl_password_file", kafka.sasl_password_file, read_secret),
        ("kafka.sasl_token_file", kafka.sasl_token_file, read_secret),
        ("redis.password_file", redis.password_file, read_secret),
        ("redis.sentinel_password_file", redis.sentinel_password_file, read_secret),
        ("kafka.ca_file", kafka.ca_file, a_certificate),
        ("kafka.certificate_file", kafka.certificate_file, a_certificate),
        ("kafka.key_file", kafka.key_file, a_key),
        ("redis.ca_file", redis.ca_file, a_certificate),
        ("redis.certificate_file", redis.certificate_file, a_certificate),
        ("redis.key_file", redis.key_file, a_key),
    ):
        if file is None:
            continue
        try:
            look(file, key)
        except SecretUnusable as fault:
            absent = isinstance(fault.__cause__, FileAbsent) and not needed
            found.append(Fault("warning" if absent else "error", configuration.where(key), fault.reason))
        else:
            if look is not a_certificate and (others := open_to_others(file)):
                found.append(Fault("warning", configuration.where(key), f"{file}: {others}"))
    return found
