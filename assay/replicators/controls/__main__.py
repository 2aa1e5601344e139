"""`python -m assay.replicators.controls NAME[:DEFECT] COMMAND --source URL --target URL ...`."""

import sys

from assay.replicators.controls.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
