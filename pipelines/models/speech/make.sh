#!/bin/sh
# Speaks sentences without a keyword in many voices: running speech that a model must learn to ignore.
# Usage: make.sh FOLDER. Writes FOLDER/train and FOLDER/validation, other sentences in other voices.
# Needs espeak-ng, flite and sox. The same versions of the three give the same bytes.
set -eu

folder=${1:?usage: make.sh FOLDER, for example make.sh target/speech}
here=$(cd "$(dirname "$0")" && pwd)
for tool in espeak-ng flite sox; do
    command -v "$tool" >/dev/null || { echo "make.sh needs \`$tool\`: install it, on Debian with apt-get install espeak-ng flite sox" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# tool, voice, words per minute (espeak-ng) or stretch in percent (flite), pitch or its shift in cents
train='
flite rms 100 0
flite slt 100 0
flite kal16 100 0
espeak-ng en-us 170 50
espeak-ng en-gb 160 45
espeak-ng en-us+f2 175 55
espeak-ng en-gb-scotland 160 45
espeak-ng en-gb-x-rp+f3 170 60
flite rms 88 200
flite slt 90 -250
espeak-ng en-us+m3 185 40
espeak-ng en-gb-x-gbclan+f4 165 50
espeak-ng en-029+m2 165 50
espeak-ng en-us+Annie 175 50
flite rms 110 -200
flite slt 105 250
espeak-ng en-us+belinda 190 50
espeak-ng en-gb+m7 175 35
'
validation='
flite awb 95 0
espeak-ng en-gb-x-gbcwmd+f1 165 50
flite awb 88 300
espeak-ng en-us+steph 170 50
espeak-ng en-gb-scotland+m1 175 40
'

speak() { # tool voice pace pitch text file
    case $1 in
    flite)
        flite -voice "$2" -t "$5" -o "$work/spoken.wav" --setf "duration_stretch=$(awk "BEGIN { print $3 / 100 }")"
        sox -R -D "$work/spoken.wav" -r 16000 -b 16 "$6" gain -6 pitch "$4" rate -v 16000 gain -n -6
        ;;
    *)
        espeak-ng -v "$2" -s "$3" -p "$4" -w "$work/spoken.wav" "$5"
        sox -R -D "$work/spoken.wav" -r 16000 -b 16 "$6" gain -6 rate -v 16000 gain -n -6
        ;;
    esac
}

# One file for each voice, with one of every so many sentences; each voice starts at another.
recite() { # voices sentences every folder
    mkdir -p "$4"
    number=0
    echo "$1" | while read -r tool voice pace pitch; do
        [ -n "$tool" ] || continue
        number=$((number + 1))
        awk -v n="$number" -v m="$3" 'NR % m == n % m' "$2" >"$work/text"
        rm -f "$work"/part*.wav
        part=100
        while read -r sentence; do
            part=$((part + 1))
            speak "$tool" "$voice" "$pace" "$pitch" "$sentence" "$work/part$part.wav"
        done <"$work/text"
        name=$(printf '%02d_%s_%s' "$number" "$tool" "$voice" | tr -c 'A-Za-z0-9_\n' '_')
        sox -R -D "$work"/part*.wav -C 8 "$4/$name.flac"
        echo "$4/$name.flac: $(soxi -D "$4/$name.flac") s"
    done
}

recite "$train" "$here/sentences.txt" 3 "$folder/train"
recite "$validation" "$here/sentences.validation.txt" 1 "$folder/validation"
