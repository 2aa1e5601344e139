"""The `assay` command, and `python -m assay`: guarded against Ctrl-C before anything is loaded."""

import sys


def start() -> int:
    """Load the command and run it; its exit code. From here on Ctrl-C is one line."""
    try:
        from assay.exits import ending_at_once, ignore_interrupts

        with ending_at_once():
            from assay.cli import main
        code = main()
        ignore_interrupts()
    except KeyboardInterrupt:
        from assay.exits import INTERRUPTED, Exit

        sys.stderr.write(f"{INTERRUPTED}\n")
        code = Exit.INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(start())
