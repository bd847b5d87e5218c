"""Pictures between two processes of one machine: written once into shared memory, read once out of it.

The large parts of a message stay behind and a ticket goes in front of the others. A ticket begins with a zero byte,
which no message of ours does, so that a receiver tells the two apart without being told.

    part 0    "\\0frames" and a msgpack map: boot, pid, fd, inode, slot, count, places of the parts in the slot
    part 1…   the message as always, with the large parts empty

A segment is an anonymous file (`memfd`) that the receiver opens through `/proc`: it has no name that could be left
behind, and the kernel frees it when the last process that holds it is gone, however it ends. Its size is sealed. Each
slot is guarded by a counter (sequence lock): odd while it is written, and what was overwritten meanwhile is refused.
Where the two do not share a machine, a user or `/proc`, the receiver answers `frames` and the sender sends everything.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import stat
import struct
import sys
from collections import OrderedDict
from collections.abc import Sequence

import msgspec
import numpy as np

from robot_bridge.protocol.codec import MAX_ARRAY_BYTES, MAX_HEADER_BYTES, MAX_PARTS, Part
from robot_bridge.protocol.errors import FramesError

MARK = b"\0frames"
NAME = "robot-coach-frames"
SLOTS = 4
SLOT_HEADER = 64  # bytes; a counter in a cache line of its own
ALIGN = 64
WORTH_BYTES = 16 << 10  # smaller parts travel in the message
KEPT_SEGMENTS = 32
POOLED = 12  # buffers kept for the next pictures
UNUSED = 2  # references to a buffer while it is looked at: the pool and the question; any view of it is one more
SEALS = getattr(fcntl, "F_SEAL_SHRINK", 2) | getattr(fcntl, "F_SEAL_GROW", 4)
_COUNT = struct.Struct("@Q")  # native: eight bytes in one store


class _Ticket(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    boot: str
    pid: int
    fd: int
    inode: int
    slot_bytes: int
    slot: int
    count: int
    places: tuple[tuple[int, int, int], ...]  # part, offset in the slot, bytes


_tickets = msgspec.msgpack.Decoder(_Ticket)


def available() -> bool:
    """Whether this system has what it takes (Linux does)."""
    return sys.platform == "linux" and hasattr(os, "memfd_create") and os.path.exists("/proc/self/fd")


class FrameWriter:
    """The sender's side. For one thread."""

    def __init__(self) -> None:
        self._boot = _boot()
        self._map: mmap.mmap | None = None
        self._fd, self._inode, self._slot_bytes = -1, 0, 0
        self._slot, self._counts = 0, [0] * SLOTS

    def pack(self, parts: Sequence[Part]) -> list[Part]:
        """The parts to send; those not worth it stay as they are. Overwrites what was packed `SLOTS` calls ago."""
        large = [(index, len(part)) for index, part in enumerate(parts) if index and len(part) >= WORTH_BYTES]
        if not large:
            return list(parts)
        places, offset = [], 0
        for index, size in large:
            places.append((index, offset, size))
            offset += -(-size // ALIGN) * ALIGN
        memory = self._room(offset)
        slot = self._slot = (self._slot + 1) % SLOTS
        start = slot * (SLOT_HEADER + self._slot_bytes)
        self._counts[slot] += 2
        count = self._counts[slot]
        _COUNT.pack_into(memory, start, count - 1)
        for index, at, size in places:
            begin = start + SLOT_HEADER + at
            memory[begin : begin + size] = parts[index]
        _COUNT.pack_into(memory, start, count)
        ticket = _Ticket(self._boot, os.getpid(), self._fd, self._inode, self._slot_bytes, slot, count, tuple(places))
        left_behind = {index for index, _ in large}
        rest = [b"" if index in left_behind else part for index, part in enumerate(parts)]
        return [MARK + msgspec.msgpack.encode(ticket), *rest]

    def close(self) -> None:
        """Let go of the memory; the receiver keeps what it holds."""
        if self._map is not None:
            self._map.close()
            os.close(self._fd)
            self._map = None

    def _room(self, size: int) -> mmap.mmap:
        if self._map is not None and size <= self._slot_bytes:
            return self._map
        self.close()
        self._slot_bytes = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        whole = SLOTS * (SLOT_HEADER + self._slot_bytes)
        self._fd = os.memfd_create(NAME, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self._fd, whole)
        fcntl.fcntl(self._fd, fcntl.F_ADD_SEALS, SEALS)
        self._inode = os.fstat(self._fd).st_ino
        self._map, self._counts = mmap.mmap(self._fd, whole), [0] * SLOTS
        return self._map


class FrameReader:
    """The receiver's side, for any number of senders. For one thread."""

    def __init__(self) -> None:
        self._boot = _boot()
        self._segments: OrderedDict[tuple[int, int, int], mmap.mmap] = OrderedDict()
        self._pool: list[np.ndarray] = []

    def unpack(self, parts: Sequence[Part]) -> Sequence[Part]:
        """All parts of the message, the large ones copied out of shared memory.

        Raises:
            FramesError: the memory cannot be reached from here, or was overwritten before it was read.
        """
        if not parts or bytes(parts[0][: len(MARK)]) != MARK:
            return parts
        if len(parts[0]) > MAX_HEADER_BYTES:
            raise FramesError("a ticket for shared pictures is too large")
        try:
            ticket = _tickets.decode(parts[0][len(MARK) :])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise FramesError(f"a ticket for shared pictures cannot be read: {error}"[:200]) from None
        return self._read(ticket, list(parts[1:]))

    def close(self) -> None:
        for segment in self._segments.values():
            segment.close()
        self._segments.clear()

    def _read(self, ticket: _Ticket, parts: list[Part]) -> list[Part]:
        _check(ticket, len(parts), self._boot)
        segment = self._segment(ticket)
        start = ticket.slot * (SLOT_HEADER + ticket.slot_bytes)
        if _COUNT.unpack_from(segment, start)[0] != ticket.count:
            raise FramesError("shared pictures were overwritten before they were read")
        for index, offset, size in ticket.places:
            copy = self._buffer(size)
            copy[:] = np.frombuffer(segment, np.uint8, size, start + SLOT_HEADER + offset)
            parts[index] = copy.data
        if _COUNT.unpack_from(segment, start)[0] != ticket.count:
            raise FramesError("shared pictures were overwritten while they were read")
        return parts

    def _buffer(self, size: int) -> np.ndarray:
        """uint8[size] that nobody uses any more, or a new one: fresh memory costs more than the copy itself."""
        for at in range(len(self._pool)):
            if sys.getrefcount(self._pool[at]) == UNUSED and len(self._pool[at]) == size:
                self._pool.append(self._pool.pop(at))  # the least recently used one stays in front
                return self._pool[-1]
        fresh = np.empty(size, np.uint8)
        self._pool = [*self._pool[-POOLED + 1 :], fresh]
        return fresh

    def _segment(self, ticket: _Ticket) -> mmap.mmap:
        key = (ticket.pid, ticket.fd, ticket.inode)
        found = self._segments.get(key)
        if found is None:
            self._forget_the_dead()
            found = self._segments[key] = _open(ticket)
        self._segments.move_to_end(key)
        if len(found) != SLOTS * (SLOT_HEADER + ticket.slot_bytes):
            raise FramesError("shared pictures lie in a segment of another size")
        return found

    def _forget_the_dead(self) -> None:
        """Segments whose sender has let go of them, and the oldest beyond the limit."""
        for key in list(self._segments):
            pid, fd, inode = key
            try:
                gone = os.stat(f"/proc/{pid}/fd/{fd}").st_ino != inode
            except OSError:
                gone = True
            if gone or len(self._segments) >= KEPT_SEGMENTS:
                self._segments.pop(key).close()


def _check(ticket: _Ticket, count: int, boot: str) -> None:
    if ticket.boot != boot or not boot:
        raise FramesError("shared pictures of another machine")
    if count > MAX_PARTS or not 0 <= ticket.slot < SLOTS or not 0 < ticket.slot_bytes <= MAX_PARTS * MAX_ARRAY_BYTES:
        raise FramesError("a ticket for shared pictures with impossible numbers")
    for index, offset, size in ticket.places:
        fits = offset >= 0 and 0 <= size <= MAX_ARRAY_BYTES and offset + size <= ticket.slot_bytes
        if not (0 < index < count and fits):
            raise FramesError("a ticket for shared pictures points outside them")
    if len(ticket.places) >= MAX_PARTS or sum(size for _, _, size in ticket.places) > ticket.slot_bytes:
        raise FramesError("a ticket for shared pictures names too many")


def _open(ticket: _Ticket) -> mmap.mmap:
    """Only what another process of this user has made for this purpose, and whose size nobody can change any more."""
    path = f"/proc/{ticket.pid}/fd/{ticket.fd}"
    try:
        if not os.readlink(path).startswith(f"/memfd:{NAME}"):
            raise FramesError("a ticket names something that is no shared memory of ours")
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise FramesError(f"shared pictures cannot be reached from here: {error.strerror}") from None
    try:
        found = os.fstat(fd)
        sealed = fcntl.fcntl(fd, fcntl.F_GET_SEALS) & SEALS == SEALS
        whole = SLOTS * (SLOT_HEADER + ticket.slot_bytes)
        if not (stat.S_ISREG(found.st_mode) and sealed and (found.st_ino, found.st_size) == (ticket.inode, whole)):
            raise FramesError("a ticket names shared memory of another kind")
        return mmap.mmap(fd, whole, prot=mmap.PROT_READ)
    except OSError as error:
        raise FramesError(f"shared pictures cannot be reached from here: {error.strerror}") from None
    finally:
        os.close(fd)


def _boot() -> str:
    """Names this machine since its last start; empty where the system does not say."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
