"""Runs the code of a notebook, cell by cell: notebook.py FILE.ipynb"""

import json
import sys
from pathlib import Path

names = {}
for cell in json.loads(Path(sys.argv[1]).read_text())["cells"]:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), f"{sys.argv[1]}, {cell['id']}", "exec"), names)
