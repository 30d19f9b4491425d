"""What goes on without a request: recovery of unfinished work, and looking at the vendors."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from scimbridge.errors import TemporarilyUnavailable, VendorError
from scimbridge.provisioning.service_provider import ServiceProvider

logger = logging.getLogger(__name__)


class Background:
    """Threads of one process; leases keep those of several processes apart."""

    def __init__(self, providers: Iterable[ServiceProvider], *, interval_s: float) -> None:
        """``interval_s``: seconds between two looks for something to do."""
        self._providers = list(providers)
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(job,), name=job.__name__, daemon=True)
            for job in (recover, observe, reconcile)
        ]

    def start(self) -> None:
        """Begin; the first look is at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, job: Callable[[ServiceProvider], None]) -> None:
        while True:
            for provider in self._providers:
                job(provider)
            if self._stop.wait(self._interval_s):
                return


def recover(provider: ServiceProvider) -> None:
    """Try again what is due; whatever fails here is tried again at the next look."""
    try:
        provider.operations.recover()
    except Exception:  # the outermost frame of a thread, which must not end
        logger.exception("recovery of %s failed", provider.target.name)


def observe(provider: ServiceProvider) -> None:
    """Look at the vendor if that is due; a vendor that is down is looked at again later."""
    try:
        provider.target.connector.find_out()
        # Looking may put roles of the configuration in place, which a pause holds as well.
        if provider.observer.is_due() and not provider.pauses.is_paused():
            provider.observer.observe()
    except VendorError as error:
        logger.warning("%s could not be observed: %s", provider.target.name, error)
    except Exception:  # the outermost frame of a thread, which must not end
        logger.exception("%s could not be observed", provider.target.name)


def reconcile(provider: ServiceProvider) -> None:
    """Compare what is desired with what is there, if that is due, as the configuration says."""
    mode = provider.target.config.reconcile
    try:
        if mode == "off" or provider.pauses.is_paused():
            return
        if provider.reconciler.is_due():
            for drift in provider.reconciler.run(mode):
                steps = "; ".join(drift.words)
                logger.warning(
                    "%s: %s is not as desired (%s): %s%s",
                    provider.target.name,
                    drift.user_name,
                    mode,
                    steps,
                    f"; {drift.failure}" if drift.failure else "",
                )
    except TemporarilyUnavailable as error:
        logger.info("%s is not compared: %s", provider.target.name, error)
    except VendorError as error:
        logger.warning("%s could not be compared: %s", provider.target.name, error)
    except Exception:  # the outermost frame of a thread, which must not end
        logger.exception("%s could not be compared", provider.target.name)
