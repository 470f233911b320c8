/* Prints the events of a WAV file (16 kHz, mono, 16 bits) as lines of JSON: wav PIPELINE.toml FILE.wav [STAGE]
 *
 * With a STAGE, such as `smooth`, it also says how many of its blocks came. */
#include <stdio.h>
#include <string.h>

#include "kws.h"

static unsigned long little_endian(const unsigned char *bytes, int count) {
    unsigned long value = 0;
    while (count-- > 0) value = value << 8 | bytes[count];
    return value;
}

/* Moves to the samples of a WAV file; how many bytes they are, or -1. */
static long find_samples(FILE *file) {
    unsigned char head[12], chunk[8], format[16];
    int suits = 0;
    if (fread(head, 1, 12, file) != 12 || memcmp(head, "RIFF", 4) || memcmp(head + 8, "WAVE", 4)) return -1;
    while (fread(chunk, 1, 8, file) == 8) {
        long length = (long)little_endian(chunk + 4, 4);
        if (!memcmp(chunk, "data", 4)) return suits ? length : -1;
        if (!memcmp(chunk, "fmt ", 4) && length >= 16) {
            if (fread(format, 1, 16, file) != 16) return -1;
            suits = little_endian(format, 2) == 1 && little_endian(format + 2, 2) == 1
                && little_endian(format + 4, 4) == 16000 && little_endian(format + 14, 2) == 16;
            length -= 16;
        }
        if (fseek(file, length + (length & 1), SEEK_CUR)) return -1;
    }
    return -1;
}

/* Prints the events that have come, and counts the blocks. */
static void take(KwsSession *session, unsigned long *blocks) {
    KwsEvent event;
    KwsBlock block;
    while (kws_next_event(session, &event)) printf("%s\n", event.json);
    while (kws_next_block(session, &block)) *blocks += 1;
}

static int fail(const char *what) {
    fprintf(stderr, "error: %s\n", what);
    return 1;
}

int main(int count, char **arguments) {
    unsigned char bytes[3200];
    int16_t samples[1600];
    unsigned long blocks = 0;
    if (count < 3) return fail("usage: wav PIPELINE.toml FILE.wav [STAGE]");

    KwsPipeline *pipeline = kws_pipeline_open(arguments[1]);
    if (!pipeline) return fail(kws_last_error());
    KwsSession *session = kws_session_new(pipeline);
    /* The session has all that it needs. */
    kws_pipeline_free(pipeline);
    if (!session) return fail(kws_last_error());
    if (count > 3 && !kws_session_tap(session, arguments[3])) {
        kws_session_free(session);
        return fail(kws_last_error());
    }

    int status = 0;
    FILE *file = fopen(arguments[2], "rb");
    long rest = file ? find_samples(file) : -1;
    if (rest < 0) status = fail("no WAV file of 16 kHz, mono, 16 bits");
    while (rest > 0 && !status) {
        size_t wanted = rest < (long)sizeof bytes ? (size_t)rest : sizeof bytes;
        size_t read = fread(bytes, 1, wanted, file) / 2;
        if (!read) break;
        for (size_t i = 0; i < read; i++) samples[i] = (int16_t)little_endian(bytes + 2 * i, 2);
        if (kws_push_i16(session, NULL, samples, read) < 0) status = fail(kws_last_error());
        take(session, &blocks);
        rest -= (long)(2 * read);
    }
    if (!status && !kws_finish(session)) status = fail(kws_last_error());
    take(session, &blocks);
    if (count > 3 && !status) printf("%lu blocks of %s\n", blocks, arguments[3]);

    if (file) fclose(file);
    kws_session_free(session);
    return status;
}
