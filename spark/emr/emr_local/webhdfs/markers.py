"""Empty folders in S3: an object `name/` of no bytes stands for one.

Such a marker is written when a folder is made and when a folder loses its last file, as Hadoop expects both
to be there afterwards. It goes when a file comes below it, so that none is left beside a job's results.
Markers that others wrote stay.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from emr_local import s3
from emr_local.s3 import S3Uri
from emr_local.webhdfs import paths

REMEMBERED = 10_000


class Markers:
    """The markers that this process wrote, the newest `REMEMBERED` of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._own: OrderedDict[S3Uri, None] = OrderedDict()

    def write(self, folder: S3Uri) -> None:
        """Makes an empty folder; the markers above it are not needed any more."""
        if not folder.key:
            return
        s3.client().put_object(Bucket=folder.bucket, Key=f"{folder.key}/", Body=b"")
        with self._lock:
            self._own[folder] = None
            while len(self._own) > REMEMBERED:
                self._own.popitem(last=False)
        self.remove_above(folder)

    def remove_above(self, uri: S3Uri) -> None:
        """Removes own markers of the folders above something that now is there.

        Those in a committer's folder go with it: a job whose tasks wrote nothing still lists it.
        """
        with self._lock:
            needless = [a for a in paths.ancestors(uri) if a in self._own and not paths.is_temporary(a)]
            for folder in needless:
                del self._own[folder]
        for folder in needless:
            s3.client().delete_object(Bucket=folder.bucket, Key=f"{folder.key}/")

    def forget(self, folder: S3Uri) -> None:
        """The folder and all in it are gone."""
        with self._lock:
            for known in [k for k in self._own if k == folder or paths.is_below(k, folder)]:
                del self._own[known]
