"""`python -m assay.replicators.reference COMMAND --source URL --target URL ...`."""

import sys

from assay.replicators.reference.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
