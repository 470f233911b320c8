"""A preprocessor for mdBook: pages that lie beside the code join the book, and links out of the book lead to the files.

A page of one line, `{{#include ../FOLDER/README.md}}`, stands for that file; its links are relative to FOLDER. A link to
another page of the book becomes one to that page, a link to any other file one to the file in the repository (of a
page, to its folder), from `target/book`, where the book is built.
"""

import json
import os
import re
import sys

INCLUDE = re.compile(r"^\{\{#include (\S+)\}\}\s*$")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|mailto:|#)([^)\s]+)\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)")


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

        def place(target, folder=folder):
            path = os.path.normpath(os.path.join(folder, target))
            if not os.path.exists(path):
                sys.exit(f"{chapter['path']}: the link `{target}` leads nowhere")
            if path.startswith(docs + os.sep):
                return os.path.relpath(path, docs)
            return os.path.join("../..", os.path.relpath(path, os.path.dirname(docs)))

        def link(match, folder=folder):
            text, (target, hash_, anchor) = match[1], match[2].partition("#")
            path = os.path.normpath(os.path.join(folder, target))
            if path in pages:
                return f"[{text}]({pages[path]}{hash_}{anchor})"
            if "::" in target or not (os.path.exists(path) or re.search(r"[./]", target)):
                return text  # An item, which rustdoc links.
            # mdBook would take a page that is not in the book for one of it: its folder, then.
            shown = os.path.dirname(target) or "." if path.endswith(".md") else target
            return f"[{text}]({place(shown)})"

        def image(match):
            return f"![{match[1]}]({place(match[2])})"

        chapter["content"] = IMAGE.sub(image, LINK.sub(link, chapter["content"]))
    json.dump(book, sys.stdout)


main()
