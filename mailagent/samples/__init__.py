"""Letters to look at: each kind with rich, plain and extreme values. For `mailagent preview` and the tests; the daemon
never imports them.

Names are `KIND` for the one that is shown first, and `KIND-CASE` for the others.
"""

from collections.abc import Mapping

from mailagent.core.model import LetterKind
from mailagent.samples import digests, owners, workers
from mailagent.samples.people import Sample

__all__ = ["SAMPLES", "Sample", "kind_of"]

SAMPLES: Mapping[str, Sample] = workers.SAMPLES | digests.SAMPLES | owners.SAMPLES


def kind_of(name: str) -> LetterKind:
    """The kind of the letter that a sample's name begins with."""
    return max((kind for kind in LetterKind if f"{name}-".startswith(f"{kind.value}-")), key=lambda kind: len(kind))
