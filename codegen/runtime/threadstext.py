"""The native code of the pool of threads (threads.py), a part of the gate's object: `threads.split` of the context, and what threads run."""

from __future__ import annotations

import platform

from codegen.runtime.gatetables import API, FRAME, TABLE
from codegen.runtime.threads import NEVER, POOL, SET_MASK

__all__ = ["threads_text"]

PARTS = 4  # for each thread: who is late leaves more to the others
SPIN = 300  # looks at whether something has changed, some microseconds, before sleeping
HEAD = FRAME["threads"] + 8  # bytes of a context that code in parts reads
VALUES, VALUES_SIZE = FRAME["values"], FRAME["pulse"] - FRAME["values"]

# A thread: takes a seat when there is one, works, looks a moment for more, sleeps.
WORKER = """define internal ptr @threads.worker(ptr noundef %pool) nounwind {{
start:
  {lock}
  br label %look
look:
  %seats = load i64, ptr %seats.at
  %any = icmp sgt i64 %seats, 0
  br i1 %any, label %take, label %sleep
sleep:
  call i32 %wait(ptr %wake.at, ptr %mutex.at)
  br label %look
take:
  %fewer = sub i64 %seats, 1
  store atomic i64 %fewer, ptr %seats.at monotonic, align 8
  %active = load i64, ptr %active.at
  %more = add i64 %active, 1
  store atomic i64 %more, ptr %active.at monotonic, align 8
  call i32 %unlock(ptr %mutex.at)
  call void @threads.parts(ptr %pool, i64 %seats)
  call i32 %lock(ptr %mutex.at)
  %before = load i64, ptr %active.at
  %left = sub i64 %before, 1
  store atomic i64 %left, ptr %active.at release, align 8
  call i32 %signal(ptr %done.at)
  call i32 %unlock(ptr %mutex.at)
  br label %spin
spin:
  %k = phi i64 [ 0, %take ], [ %k.next, %spin.on ]
  %now = load atomic i64, ptr %seats.at monotonic, align 8
  %found = icmp sgt i64 %now, 0
  %tired = icmp sge i64 %k, {spin}
  %stop = or i1 %found, %tired
  br i1 %stop, label %again, label %spin.on
spin.on:
  %k.next = add i64 %k, 1
  {pause}
  br label %spin
again:
  call i32 %lock(ptr %mutex.at)
  br label %look
}}"""

# Takes parts, the lowest first, until there are no more or one failed.
WORK = """define internal void @threads.parts(ptr noundef %pool, i64 noundef %number) nounwind {{
start:
  %copy = alloca [{head} x i8], align 16
  {fields}
  call void @llvm.memcpy.p0.p0.i64(ptr %copy, ptr %context, i64 {head}, i1 false)
  %own.split = getelementptr i8, ptr %copy, i64 {split}
  store ptr null, ptr %own.split
  %own.number = getelementptr i8, ptr %copy, i64 {number}
  store i64 %number, ptr %own.number
  %own.values = getelementptr i8, ptr %copy, i64 {values}
  br label %take
take:
  %first = atomicrmw add ptr %next.at, i64 %chunk monotonic, align 8
  %failed = load atomic i64, ptr %failed.at monotonic, align 8
  %over = icmp sge i64 %first, %stop
  %past = icmp sgt i64 %first, %failed
  %end = or i1 %over, %past
  br i1 %end, label %leave, label %run
run:
  %behind = add i64 %first, %chunk
  %last = call i64 @llvm.smin.i64(i64 %behind, i64 %stop)
  %status = call i64 %part(ptr %copy, ptr %packed, i64 %first, i64 %last)
  %bad = icmp ne i64 %status, 0
  br i1 %bad, label %fail, label %take
fail:
  call i32 %lock(ptr %mutex.at)
  %lowest = load i64, ptr %failed.at
  %lower = icmp slt i64 %first, %lowest
  br i1 %lower, label %note, label %noted
note:
  store atomic i64 %first, ptr %failed.at monotonic, align 8
  store i64 %status, ptr %status.at
  call void @llvm.memcpy.p0.p0.i64(ptr %values.at, ptr %own.values, i64 {values_size}, i1 false)
  br label %noted
noted:
  call i32 %unlock(ptr %mutex.at)
  br label %leave
leave:
  ret void
}}"""

# Decides, makes threads that are missing, calls them, works, waits. What calls a library runs whole where its rounds are less than half of the
# threads: the library has more use of them.
SPLIT = """define internal i64 @threads.split(ptr noundef %context, ptr noundef %part, ptr noundef %packed, \
i64 noundef %start, i64 noundef %stop, i64 noundef %work, i64 noundef %how) nounwind {{
begin:
  %table.p = getelementptr i8, ptr %context, i64 {table}
  %table = load ptr, ptr %table.p
  %api.p = getelementptr i8, ptr %table, i64 {api}
  %api = load ptr, ptr %api.p
  %pool.p = getelementptr i8, ptr %api, i64 {pool}
  %pool = load ptr, ptr %pool.p
  {fields}
  %threads.p = getelementptr i8, ptr %context, i64 {threads}
  %threads = load i64, ptr %threads.p
  %all.signals = getelementptr i8, ptr %pool, i64 {signals}
  %old.signals = getelementptr i8, ptr %pool, i64 {old_signals}
  %thread = alloca i64, align 8
  %multiple = call i64 @llvm.abs.i64(i64 %how, i1 false)
  %library = icmp slt i64 %how, 0
  %n = sub i64 %stop, %start
  %divisor = call i64 @llvm.smax.i64(i64 %limit, i64 1)
  %worth = sdiv i64 %work, %divisor
  %worth1 = add i64 %worth, 1
  %n.up = add i64 %n, %multiple
  %n.up1 = sub i64 %n.up, 1
  %blocks = sdiv i64 %n.up1, %multiple
  %most = call i64 @llvm.smin.i64(i64 %threads, i64 %worth1)
  %wanted = call i64 @llvm.smin.i64(i64 %most, i64 %blocks)
  %alone = icmp slt i64 %wanted, 2
  br i1 %alone, label %whole, label %library.known
library.known:
  %unknown = icmp eq ptr %set, null
  %twice = shl i64 %blocks, 1
  %few = icmp slt i64 %twice, %threads
  %better.whole = or i1 %unknown, %few
  %unable = and i1 %better.whole, %library
  br i1 %unable, label %whole, label %enter
whole:
  %whole.status = call i64 %part(ptr %context, ptr %packed, i64 %start, i64 %stop)
  ret i64 %whole.status
enter:
  %try = cmpxchg ptr %busy.at, i64 0, i64 1 acquire monotonic, align 8
  %mine = extractvalue {{ i64, i1 }} %try, 1
  br i1 %mine, label %people, label %whole
people:
  %workers = load i64, ptr %workers.at
  %with.me = add i64 %workers, 1
  %enough = icmp sge i64 %with.me, %wanted
  br i1 %enough, label %ready, label %make
make:
  call i32 %fill(ptr %all.signals)
  call i32 %mask(i32 {set_mask}, ptr %all.signals, ptr %old.signals)
  %made = call i32 %create(ptr %thread, ptr null, ptr @threads.worker, ptr %pool)
  call i32 %mask(i32 {set_mask}, ptr %old.signals, ptr null)
  %refused = icmp ne i32 %made, 0
  br i1 %refused, label %ready, label %count
count:
  %handle = load i64, ptr %thread
  call i32 %detach(i64 %handle)
  store i64 %with.me, ptr %workers.at
  br label %people
ready:
  %present = call i64 @llvm.smin.i64(i64 %with.me, i64 %wanted)
  %nobody = icmp slt i64 %present, 2
  br i1 %nobody, label %give.up, label %cut
give.up:
  store atomic i64 0, ptr %busy.at release, align 8
  br label %whole
cut:
  %pieces = mul i64 %present, {parts}
  %per = sdiv i64 %n, %pieces
  %per.blocks = sdiv i64 %per, %multiple
  %per.up = add i64 %per.blocks, 1
  %chunk.new = mul i64 %per.up, %multiple
  %helpers = sub i64 %present, 1
  br i1 %library, label %hush, label %open
hush:
  %blas = call i32 %get()
  call void %set(i32 1)
  br label %open
open:
  %blas.before = phi i32 [ 1, %cut ], [ %blas, %hush ]
  call i32 %lock(ptr %mutex.at)
  store ptr %part, ptr %part.at
  store ptr %packed, ptr %packed.at
  store ptr %context, ptr %context.at
  store i64 %stop, ptr %stop.at
  store i64 %chunk.new, ptr %chunk.at
  store i64 0, ptr %status.at
  store atomic i64 {never}, ptr %failed.at monotonic, align 8
  store atomic i64 %start, ptr %next.at monotonic, align 8
  store atomic i64 %helpers, ptr %seats.at monotonic, align 8
  call i32 %unlock(ptr %mutex.at)
  br label %call
call:
  %called = phi i64 [ 0, %open ], [ %called.next, %call ]
  call i32 %signal(ptr %wake.at)
  %called.next = add i64 %called, 1
  %all = icmp sge i64 %called.next, %helpers
  br i1 %all, label %join, label %call
join:
  %alone.too = icmp eq i64 %polite, 0
  br i1 %alone.too, label %own.parts, label %watch
watch:
  %taken = load atomic i64, ptr %next.at monotonic, align 8
  %failure = load atomic i64, ptr %failed.at monotonic, align 8
  %all.taken = icmp sge i64 %taken, %stop
  %some.failed = icmp ne i64 %failure, {never}
  %no.more = or i1 %all.taken, %some.failed
  br i1 %no.more, label %joined, label %watch.on
watch.on:
  call i32 %give_way()
  br label %watch
own.parts:
  call void @threads.parts(ptr %pool, i64 0)
  br label %joined
joined:
  call i32 %lock(ptr %mutex.at)
  store atomic i64 0, ptr %seats.at monotonic, align 8
  call i32 %unlock(ptr %mutex.at)
  br label %spin
spin:
  %k = phi i64 [ 0, %joined ], [ %k.next, %spin.on ]
  %now = load atomic i64, ptr %active.at acquire, align 8
  %quiet = icmp eq i64 %now, 0
  %tired = icmp sge i64 %k, {spin}
  %enough.spun = or i1 %quiet, %tired
  br i1 %enough.spun, label %close, label %spin.on
spin.on:
  %k.next = add i64 %k, 1
  {pause}
  br label %spin
close:
  call i32 %lock(ptr %mutex.at)
  br label %wait.more
wait.more:
  %still = load i64, ptr %active.at
  %ended = icmp eq i64 %still, 0
  br i1 %ended, label %finish, label %sleep
sleep:
  call i32 %wait(ptr %done.at, ptr %mutex.at)
  br label %wait.more
finish:
  call i32 %unlock(ptr %mutex.at)
  br i1 %library, label %loud, label %tell
loud:
  call void %set(i32 %blas.before)
  br label %tell
tell:
  %found = load i64, ptr %status.at
  %bad = icmp ne i64 %found, 0
  br i1 %bad, label %values, label %leave
values:
  %met = getelementptr i8, ptr %context, i64 {values}
  call void @llvm.memcpy.p0.p0.i64(ptr %met, ptr %values.at, i64 {values_size}, i1 false)
  br label %leave
leave:
  store atomic i64 0, ptr %busy.at release, align 8
  ret i64 %found
}}"""

DECLARATIONS = """declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.abs.i64(i64, i1)"""
PAUSE = "declare void @llvm.x86.sse2.pause()"


def known(places: str = "", values: str = "", routines: str = "") -> str:
    """Lines that give fields of the pool: the addresses of some, and what stands in others."""
    lines = []
    for name in f"{places} {values} {routines}".split():
        lines.append(f"%{name}.at = getelementptr i8, ptr %pool, i64 {POOL[name]}")
    for name in values.split():
        lines.append(f"%{name} = load i64, ptr %{name}.at")
    for name in routines.split():
        lines.append(f"%{name} = load ptr, ptr %{name}.at")
    return "\n  ".join(lines)


def threads_text() -> str:
    """The functions, for the processor of this machine."""
    x86 = platform.machine() in ("x86_64", "AMD64")
    pause = "call void @llvm.x86.sse2.pause()" if x86 else "fence acquire"
    worker = WORKER.format(
        spin=SPIN, pause=pause, lock=known("seats active mutex wake done", "", "lock unlock wait signal") + "\n  call i32 %lock(ptr %mutex.at)")
    work = WORK.format(
        head=HEAD, split=FRAME["split"], number=FRAME["number"], values=VALUES, values_size=VALUES_SIZE,
        fields=known("next failed status values mutex", "stop chunk", "context part packed lock unlock"))
    split = SPLIT.format(
        table=FRAME["table"], threads=FRAME["threads"],
        api=TABLE["api"], pool=API["pool"], values=VALUES, values_size=VALUES_SIZE, spin=SPIN, pause=pause, never=NEVER,
        parts=PARTS, set_mask=SET_MASK, signals=POOL["signals"], old_signals=POOL["signals"] + 128,
        fields=known("busy workers part packed context stop chunk failed status next seats active values mutex wake done", "limit polite",
                     "lock unlock wait signal create detach fill mask get set give_way"))
    return "\n\n".join([*([PAUSE] if x86 else []), DECLARATIONS, worker, work, split])
