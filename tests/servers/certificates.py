"""Certificates for the test servers, made by trustme in memory: a good one and each kind of bad one."""

import datetime as dt
import ssl
import warnings
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificate:
    """Files in PEM form: the server's key and chain, and the authority to trust."""

    key_file: Path
    chain_file: Path
    ca_file: Path

    def server_context(self, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """Make a server's context; `newest` holds it to old versions of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if newest is not None:
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():  # that these are old is what it is for
                warnings.simplefilter("ignore")
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = newest
        context.load_cert_chain(self.chain_file, self.key_file)
        return context


def make_certificate(folder: Path, *names: str, expired: bool = False, self_signed: bool = False) -> Certificate:
    """Make an authority and a certificate for `names` (default localhost and 127.0.0.1) in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = Certificate(folder / "key.pem", folder / "chain.pem", folder / "ca.pem")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(certificate.ca_file))
    if self_signed:  # an authority's own certificate, served as if it were a server's
        authority.private_key_pem.write_to_path(str(certificate.key_file))
        authority.cert_pem.write_to_path(str(certificate.chain_file))
        return certificate
    now = dt.datetime.now(dt.UTC)
    issued = authority.issue_cert(
        *(names or ("localhost", "127.0.0.1")),
        not_before=now - dt.timedelta(days=9),
        not_after=now - dt.timedelta(days=1) if expired else None,
    )
    issued.private_key_pem.write_to_path(str(certificate.key_file))
    certificate.chain_file.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    return certificate
