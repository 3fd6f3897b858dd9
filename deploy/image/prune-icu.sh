#!/bin/sh
# The embedded PostgreSQL brings all data of ICU, 27 MB: names of languages, currencies, time zones, code pages. A database
# asks it for collations and normal forms only. Those stay (6.5 MB), with every collation that was there before.
# Usage: prune-icu.sh <folder with libicudata.so.*>
set -eu
cd "$1"
library=$(find . -maxdepth 1 -type f -name 'libicudata.so.*')
version=$(echo "$library" | sed 's/.*\.so\.\([0-9]*\).*/\1/')
work=$(mktemp -d)

objcopy -O binary --only-section=.rodata "$library" "$work/icudt${version}l.dat"
icupkg -l "$work/icudt${version}l.dat" 2>/dev/null |
  grep -E '^(brkitr|curr|lang|rbnf|region|translit|unit|zone)/|\.(cnv|cfu|spp)$|^(cnvalias|unames|confusables)' >"$work/gone.lst"
mkdir "$work/kept"
# The package's name is that of its file.
icupkg -r "$work/gone.lst" "$work/icudt${version}l.dat" "$work/kept/icudt${version}l.dat" 2>/dev/null
as -o "$work/data.o" - <<ASSEMBLY
        .section .rodata
        .globl icudt${version}_dat
        .type icudt${version}_dat, %object
        .balign 16
icudt${version}_dat:
        .incbin "$work/kept/icudt${version}l.dat"
        .size icudt${version}_dat, . - icudt${version}_dat
        .section .note.GNU-stack,"",%progbits
ASSEMBLY
rm "$library"
ld -shared -soname "libicudata.so.$version" -o "$library" "$work/data.o"
rm -rf "$work"
