"""What stands around the functions of a C file: its first comment, the context that the entry is called with, the flags it needs."""

from __future__ import annotations

__all__ = ["CONTEXT", "FLAGS", "HEAD", "INDEPENDENT", "ROUNDED", "ROW"]

# -ffp-contract=off keeps results, -fno-strict-aliasing the meaning of memory that is seen as several types; the rest is for speed.
FLAGS = (
    "-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fno-strict-aliasing",
    "-fPIC", "-shared",
)
HEAD = """/* {title}

   {entry} computes once: it returns 0, or the number of what failed. The caller hands it all it needs in a
   `context`: addresses and sizes of the arguments (C-contiguous arrays), and functions that give memory.

   Compile with: cc {flags} FILE.c -lm */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
"""
CONTEXT = """typedef struct context {
    void **data;                                                                /* address of each argument */
    int64_t **sizes;                                                            /* sizes of each argument */
    void *(*result)(struct context *, int64_t slot, const int64_t *sizes);      /* memory for a result, or NULL */
    void *(*scratch)(struct context *, int64_t slot, int64_t bytes);            /* memory until the return, or NULL */
    int64_t (*callback)(struct context *, int64_t slot, void **data, int64_t **sizes);  /* 0, or it failed */
    void **libraries;                                                           /* addresses of library routines */
    int64_t values[12];                                                         /* what met when something failed, [8] on: in which rounds */
    int64_t (*pulse)(struct context *, int64_t *counters);                      /* 0: go on. NULL: nobody asks to stop */
    int64_t limit;                                                              /* operations from which a loop is split */
    /* Calls part(context, packed, from, to) for ranges that are together all from start to stop, in threads: they begin at multiples
       of how (if negative, of -how, and what is called uses libraries). The status of the lowest that is not 0. NULL: no threads. */
    int64_t (*split)(struct context *, int64_t (*part)(struct context *, void **packed, int64_t start, int64_t stop), void **packed,
                     int64_t start, int64_t stop, int64_t work, int64_t how);
    int64_t thread, threads;                                                    /* in a part: whose it is; how many there may be */
} context;"""
INDEPENDENT = """/* The rounds of the loop that follows do not depend on each other. */
#if defined(__GNUC__) && !defined(__clang__)
#define INDEPENDENT_ROUNDS _Pragma("GCC ivdep")
#else
#define INDEPENDENT_ROUNDS
#endif"""
ROUNDED = """/* A product that is rounded before it is added: GCC from 12 on fuses some that stand side by side, whatever it is told. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define ROUNDED(x) __builtin_assoc_barrier(x)
#else
#define ROUNDED(x) (x)
#endif"""
ROW = """/* A function of calls only: there is nothing to gain from the passes that take long. */
#if defined(__clang__)
#define ROW_OF_CALLS __attribute__((noinline, optnone))
#elif defined(__GNUC__)
#define ROW_OF_CALLS __attribute__((noinline, optimize("O1")))
#else
#define ROW_OF_CALLS
#endif"""
