"""Pictures between two processes of one machine: written once into shared memory, read once out of it.

The arrays of a message stay behind and a ticket goes in front of its header, both in one part. It begins with a zero
byte, which no message of ours does, so that a receiver tells the two apart without being told.

    "\\0frames"  7 bytes
    length      2 bytes, little-endian, of the ticket
    ticket      msgpack list: boot, pid, fd, inode, bytes of a slot, slot, count, sizes of the arrays in the slot
    header      the message's part 0

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
WORTH_BYTES = 16 << 10  # a message whose largest array is smaller travels as always
KEPT_SEGMENTS = 32
POOLED = 8  # buffers kept for the next messages
UNUSED = 2  # references to a buffer while it is looked at: the pool and the question; any view of it is one more
SEALS = getattr(fcntl, "F_SEAL_SHRINK", 2) | getattr(fcntl, "F_SEAL_GROW", 4)
_COUNT = struct.Struct("@Q")  # native: eight bytes in one store
_LENGTH = struct.Struct("<H")
_HEAD = len(MARK) + _LENGTH.size


class _Ticket(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    boot: str
    pid: int
    fd: int
    inode: int
    slot_bytes: int
    slot: int
    count: int
    sizes: tuple[int, ...]  # bytes of parts 1, 2, …; each begins at a multiple of ALIGN behind the one before


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
        self._read = False
        self.copied_bytes = 0  # since the start

    def pack(self, parts: Sequence[Part]) -> list[Part]:
        """The parts to send, the pictures copied once; a message without large ones stays as it is.

        Overwrites what was packed `SLOTS` calls ago, or the call before where that has been `read`.
        """
        sizes = tuple(map(len, parts[1:]))
        if max(sizes, default=0) < WORTH_BYTES:
            return list(parts)
        memory = self._room(sum(map(_aligned, sizes)))
        if not self._read:
            self._slot = (self._slot + 1) % SLOTS
        self._read = False
        start = self._slot * (SLOT_HEADER + self._slot_bytes)
        count = self._counts[self._slot] = self._counts[self._slot] + 2
        _COUNT.pack_into(memory, start, count - 1)
        at = start + SLOT_HEADER
        for part, size in zip(parts[1:], sizes, strict=True):
            memory[at : at + size] = part
            at += _aligned(size)
        self.copied_bytes += sum(sizes)
        _COUNT.pack_into(memory, start, count)
        ticket = msgspec.msgpack.encode(
            _Ticket(self._boot, os.getpid(), self._fd, self._inode, self._slot_bytes, self._slot, count, sizes)
        )
        return [b"".join((MARK, _LENGTH.pack(len(ticket)), ticket, parts[0]))]

    def read(self) -> None:
        """What was packed last has been answered: its place is free, and still warm in the processor's cache."""
        self._read = True

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
        self.copied_bytes = 0  # since the start

    def unpack(self, parts: Sequence[Part]) -> Sequence[Part]:
        """All parts of the message, its arrays copied out of shared memory, once.

        Raises:
            FramesError: the memory cannot be reached from here, or was overwritten before it was read.
        """
        if not parts or parts[0][: len(MARK)] != MARK:
            return parts
        ticket, header = _split(parts[0])
        try:
            found = _tickets.decode(ticket)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise FramesError(f"a ticket for shared pictures cannot be read: {error}"[:200]) from None
        return [header, *self._read(found)]

    def close(self) -> None:
        for segment in self._segments.values():
            segment.close()
        self._segments.clear()

    def _read(self, ticket: _Ticket) -> list[Part]:
        _check(ticket, self._boot)
        segment = self._segment(ticket)
        start = ticket.slot * (SLOT_HEADER + ticket.slot_bytes)
        if _COUNT.unpack_from(segment, start)[0] != ticket.count:
            raise FramesError("shared pictures were overwritten before they were read")
        copy = self._buffer(sum(map(_aligned, ticket.sizes)))
        copy[:] = np.frombuffer(segment, np.uint8, len(copy), start + SLOT_HEADER)
        if _COUNT.unpack_from(segment, start)[0] != ticket.count:
            raise FramesError("shared pictures were overwritten while they were read")
        self.copied_bytes += sum(ticket.sizes)
        whole = copy.data.toreadonly()
        parts: list[Part] = []
        at = 0
        for size in ticket.sizes:
            parts.append(whole[at : at + size])
            at += _aligned(size)
        return parts

    def _buffer(self, size: int) -> np.ndarray:
        """uint8[size] that nobody uses any more, the latest of them, or a new one: fresh memory costs more than the
        copy itself, and memory out of the processor's cache nearly as much."""
        for at in reversed(range(len(self._pool))):
            if sys.getrefcount(self._pool[at]) == UNUSED and len(self._pool[at]) == size:
                self._pool.append(self._pool.pop(at))
                return self._pool[-1]
        fresh = np.empty(size, np.uint8)
        self._pool = [*self._pool[-POOLED + 1 :], fresh]
        return fresh

    def _segment(self, ticket: _Ticket) -> mmap.mmap:
        key = (ticket.pid, ticket.fd, ticket.inode)
        found = self._segments.get(key)
        if found is None:
            self.forget_the_dead(room_for=1)
            found = self._segments[key] = _open(ticket)
        self._segments.move_to_end(key)
        if len(found) != SLOTS * (SLOT_HEADER + ticket.slot_bytes):
            raise FramesError("shared pictures lie in a segment of another size")
        return found

    def forget_the_dead(self, room_for: int = 0) -> None:
        """Let go of segments whose sender has let go of them, and of the oldest beyond the limit."""
        for key in list(self._segments):
            pid, fd, inode = key
            try:
                gone = os.stat(f"/proc/{pid}/fd/{fd}").st_ino != inode
            except OSError:
                gone = True
            if gone or len(self._segments) + room_for > KEPT_SEGMENTS:
                self._segments.pop(key).close()


def header_of(parts: Sequence[Part]) -> Part:
    """The message's header, with or without a ticket in front of it. Raises: FramesError: cut short."""
    return _split(parts[0])[1] if parts[0][: len(MARK)] == MARK else parts[0]


def _split(part: Part) -> tuple[Part, Part]:
    """Ticket and header."""
    if not _HEAD < len(part) <= MAX_HEADER_BYTES:
        raise FramesError(f"a ticket for shared pictures of {len(part)} bytes")
    whole = memoryview(part)
    end = _HEAD + _LENGTH.unpack_from(whole, len(MARK))[0]
    return whole[_HEAD:end], whole[end:]


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


def _check(ticket: _Ticket, boot: str) -> None:
    if ticket.boot != boot or not boot:
        raise FramesError("shared pictures of another machine")
    if not 0 <= ticket.slot < SLOTS or not 0 < ticket.slot_bytes <= MAX_PARTS * MAX_ARRAY_BYTES:
        raise FramesError("a ticket for shared pictures with impossible numbers")
    if not len(ticket.sizes) < MAX_PARTS or not all(0 <= size <= MAX_ARRAY_BYTES for size in ticket.sizes):
        raise FramesError("a ticket for shared pictures names too many, or too large ones")
    if sum(map(_aligned, ticket.sizes)) > ticket.slot_bytes:
        raise FramesError("a ticket for shared pictures points outside them")


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
