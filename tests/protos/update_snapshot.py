"""Writes the snapshot: from then on what the protos say is a promise. Called by scripts/update-proto-snapshot."""

import argparse
import sys

from google.protobuf import descriptor_pb2, text_format

import compatibility
import descriptors

HEAD = """# proto-file: google/protobuf/descriptor.proto
# proto-message: FileDescriptorSet
#
# What protos/ has promised: a change that breaks it fails the tests. Written by scripts/update-proto-snapshot.

"""


def main():
    parser = argparse.ArgumentParser(description="Makes what protos/ says now the promise to keep.")
    parser.add_argument("--break-promises", action="store_true",
                        help="even where that breaks those who hold the old protos")
    arguments = parser.parse_args()
    new = descriptors.promised(descriptors.load(descriptors.PROTOS))
    old = descriptor_pb2.FileDescriptorSet()
    if descriptors.SNAPSHOT.exists():
        text_format.Parse(descriptors.SNAPSHOT.read_text(encoding="utf-8"), old)
    broken = compatibility.incompatible_changes(old, new)
    for sentence in broken:
        print(sentence, file=sys.stderr)
    if broken and not arguments.break_promises:
        print("nothing was written: these changes break whoever holds the old protos", file=sys.stderr)
        return 1
    descriptors.SNAPSHOT.write_text(HEAD + text_format.MessageToString(new), encoding="utf-8")
    print(f"{len(compatibility.additions(old, new))} names added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
