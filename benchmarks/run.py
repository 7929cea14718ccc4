"""`python -m benchmarks.run [--quick] [--keep] [NAMES]`: run the benchmarks (all, or those named) and write results/NAME.md."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import (
    bandwidth,
    calls,
    checkpoints,
    cold_and_warm,
    compile_alone,
    convolution,
    derivatives,
    import_time,
    indexing,
    linear_algebra,
    loops,
    many_ops,
    networks,
    old_programs,
    old_starts,
    random_numbers,
    reductions,
    report,
    sorting,
    sparse,
)

BENCHMARKS = {
    "import_time": import_time.run,
    "calls": calls.run,
    "bandwidth": bandwidth.run,
    "cold_and_warm": cold_and_warm.run,
    "compile_alone": compile_alone.run,
    "many_ops": many_ops.run,
    "convolution": convolution.run,
    "indexing": indexing.run,
    "derivatives": derivatives.run,
    "reductions": reductions.run,
    "sorting": sorting.run,
    "sparse": sparse.run,
    "random_numbers": random_numbers.run,
    "linear_algebra": linear_algebra.run,
    "loops": loops.run,
    "checkpoints": checkpoints.run,
    "networks": networks.run,
    "old_programs": old_programs.run,
    "old_starts": old_starts.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure symgraph and its peers, interleaved.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="out of " + ", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="few rounds and no files: to see that all runs")
    parser.add_argument("--keep", action="store_true", help="write the files of a quick run too")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if arguments.quick and not arguments.keep:
        report.RESULTS = Path(tempfile.mkdtemp(prefix="benchmark-"))
    for name in arguments.names or BENCHMARKS:
        print(f"== {name}", flush=True)
        print(BENCHMARKS[name](quick=arguments.quick).read_text(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
