"""What is watched of a gateway under load: its memory and its descriptors, while its configuration is reloaded."""

import pathlib
import signal
import statistics
import threading
import time

from common.checks import resident

# How much more may be resident in the last quarter of the time than in the second.
MEMORY = 16 << 20


def descriptors(process):
    """How many files and sockets a process has open."""
    return len(list(pathlib.Path(f"/proc/{process.pid}/fd").iterdir()))


def least_descriptors(process, most, seconds=10):
    """How many it has open once they are not more than `most`, or when the time is over."""
    over = time.monotonic() + seconds
    while (count := descriptors(process)) > most and time.monotonic() < over:
        time.sleep(0.1)
    return count


class Watch(threading.Thread):
    """Reloads a gateway every second, every fifth time from a file with a mistake, and takes its memory."""

    def __init__(self, gateway, write):
        super().__init__(daemon=True)
        self.gateway, self.write, self.over, self.memory, self.reloads = gateway, write, threading.Event(), [], 0

    def run(self):
        while not self.over.wait(1):
            self.reloads += 1
            self.write(bad=self.reloads % 5 == 0, request_bytes=(1 << 20) + self.reloads)
            self.gateway.send_signal(signal.SIGHUP)
            self.memory.append(resident(self.gateway))

    def end(self):
        """Stops, and gives what was resident in the second quarter of the time and in the last."""
        self.over.set()
        self.join()
        quarter = max(1, len(self.memory) // 4)
        return statistics.median(self.memory[quarter:2 * quarter]), statistics.median(self.memory[-quarter:])
