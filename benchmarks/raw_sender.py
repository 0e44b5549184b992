"""What aiosmtplib alone does: hand mails over on one connection, nothing kept, nothing decided.

    python -m benchmarks.raw_sender HOST PORT CA_FILE USER PASSWORD_FILE FOLDER

Sends every `*.eml` of FOLDER to the address in its To, by STARTTLS and AUTH, and prints how many.
"""

import asyncio
import ssl
import sys
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from pathlib import Path

from aiosmtplib import SMTP


async def send(host: str, port: int, ca_file: str, user: str, password: str, raws: list[bytes]) -> int:
    """Send all, one recipient a mail, and return how many were taken."""
    recipients = [parseaddr(str(BytesHeaderParser().parsebytes(raw)["To"]))[1] for raw in raws]
    context = ssl.create_default_context(cafile=ca_file)
    async with SMTP(hostname=host, port=port, start_tls=True, tls_context=context, local_hostname="raw") as client:
        await client.login(user, password)
        for raw, recipient in zip(raws, recipients, strict=True):
            await client.sendmail(user, [recipient], raw)
    return len(raws)


def main(argv: list[str]) -> int:
    """Read the mails and send them."""
    host, port, ca_file, user, password_file, folder = argv
    raws = [path.read_bytes() for path in sorted(Path(folder).glob("*.eml"))]
    print(asyncio.run(send(host, int(port), ca_file, user, Path(password_file).read_text().strip(), raws)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
