"""Verified TLS to the mail servers: one way to build the context, one sentence for each way it can fail.

RFC 8314 and RFC 9325: certificates are always verified, nothing below TLS 1.2, clear text only to this machine itself.
"""

import ipaddress
import ssl
from pathlib import Path

from mailagent.errors import ConfigError

# OpenSSL's X509_V_ERR_* codes (x509_vfy.h) -> what is wrong and what to do.
_CERTIFICATE_PROBLEMS = {
    9: "its certificate is not valid yet; set the clock of this machine or renew the certificate",
    10: "its certificate has expired; renew it on the server",
    18: "its certificate is self-signed; put that certificate into a file and name it in ca_file",
    19: "its certificate comes from an unknown private authority; name that authority's certificate in ca_file",
    20: "its certificate comes from an unknown authority; name that authority's certificate in ca_file",
    21: "its certificate comes without the chain to its authority; mend the server, or name the chain in ca_file",
    62: "its certificate is for another name; use the name that the certificate has as host",
    64: "its certificate is not for this address; use the name that the certificate has as host",
}
_HANDSHAKE_PROBLEMS = {
    "UNSUPPORTED_PROTOCOL": "it only speaks TLS 1.1 or older; turn on TLS 1.2 on the server",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it only speaks TLS 1.1 or older; turn on TLS 1.2 on the server",
    "WRONG_VERSION_NUMBER": 'it does not speak TLS on this port; check the port, or write security = "starttls"',
    "HTTP_REQUEST": "it is a web server; check the port",
}


def is_loopback(host: str) -> bool:
    """Say whether `host` is this machine itself, the only place where clear text may go."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def client_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Make the context for a connection to a server: certificate and name verified, TLS 1.2 or newer.

    With `ca_file` only the authorities in that file are trusted, without it the system's. Raises ConfigError.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    except (OSError, ssl.SSLError) as error:
        reason = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError((f"ca_file {ca_file} cannot be used: {reason}.",)) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def tls_problem(error: ssl.SSLError) -> str:
    """Say why a handshake failed and what to do, as the second half of a sentence about the server."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE_PROBLEMS.get(error.verify_code, f"its certificate is not good ({error.verify_message})")
    reason = getattr(error, "reason", None) or type(error).__name__  # only those that OpenSSL raised have one
    return _HANDSHAKE_PROBLEMS.get(reason, f"no secure connection could be made ({reason})")
