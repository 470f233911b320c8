"""A preprocessor for mdBook: pages that lie beside the code join the book, and links out of the book lead to the files.

A page of one line, `{{#include ../FOLDER/README.md}}`, stands for that file; its links are relative to FOLDER. A link to
another page of the book becomes one to that page, a link to any other file one to the file in the repository, from
`target/book`, where the book is built.
"""

import json
import os
import re
import sys

INCLUDE = re.compile(r"^\{\{#include (\S+)\}\}\s*$")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s]+)\)")


def chapters(items):
    """Every chapter below these items of the book."""
    for item in items:
        chapter = item.get("Chapter") if isinstance(item, dict) else None
        if chapter:
            yield chapter
            yield from chapters(chapter["sub_items"])


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    context, book = json.load(sys.stdin)
    docs = os.path.join(context["root"])
    items = book.get("items", book.get("sections"))
    pages = {}
    for chapter in chapters(items):
        path = chapter["path"]
        pages[os.path.normpath(os.path.join(docs, path))] = path
        included = INCLUDE.match(chapter["content"])
        if included:
            pages[os.path.normpath(os.path.join(docs, included[1]))] = path
    for chapter in chapters(items):
        folder = docs
        included = INCLUDE.match(chapter["content"])
        if included:
            source = os.path.normpath(os.path.join(docs, included[1]))
            folder = os.path.dirname(source)
            with open(source, encoding="utf-8") as file:
                chapter["content"] = file.read()

        def rewrite(match, folder=folder):
            target, hash_, anchor = match[1].partition("#")
            if "::" in target or not re.search(r"[./]", target):
                return match[0]  # An item that rustdoc knows.
            path = os.path.normpath(os.path.join(folder, target))
            if path in pages:
                return f"]({pages[path]}{hash_}{anchor})"
            if not os.path.exists(path):
                sys.exit(f"{chapter['path']}: the link `{match[1]}` leads nowhere")
            if path.startswith(docs + os.sep):
                return f"]({os.path.relpath(path, docs)}{hash_}{anchor})"
            return f"](../../{os.path.relpath(path, os.path.dirname(docs))}{hash_}{anchor})"

        chapter["content"] = LINK.sub(rewrite, chapter["content"])
    json.dump(book, sys.stdout)


main()
