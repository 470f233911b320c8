/* What `examples/wav.c` does not come to: a pipeline from memory, float samples, a second stream, and every kind of error.
 * edges PIPELINE.toml MODEL.tflite MODEL.toml */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kws.h"

#define CHECK(true_here)                                                                              \
    do {                                                                                              \
        if (!(true_here)) {                                                                           \
            fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #true_here, kws_last_error()); \
            exit(1);                                                                                  \
        }                                                                                             \
    } while (0)

enum { SAMPLES = 32000 };

static char *read_whole(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    CHECK(file && !fseek(file, 0, SEEK_END));
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    CHECK(bytes && fread(bytes, 1, *length, file) == *length);
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

/* Sums of the posteriors that have come, as a fingerprint. */
static double take_posteriors(KwsSession *session) {
    KwsBlock block;
    double sum = 0;
    int count = 0;
    while (kws_next_block(session, &block)) {
        CHECK(block.element == KWS_F32 && !strcmp(block.stage, "smooth"));
        for (size_t i = 0; i < block.count; i++) sum += (double)((const float *)block.items)[i] * (double)(1 + i + block.tick);
        count++;
    }
    CHECK(count > 10);
    return sum;
}

int main(int count, char **arguments) {
    CHECK(count == 4 && !*kws_last_error());
    size_t lengths[3];
    char *toml = read_whole(arguments[1], &lengths[0]);
    char *model = read_whole(arguments[2], &lengths[1]);
    char *info = read_whole(arguments[3], &lengths[2]);
    KwsFile files[] = {
        {"models/yes_no/model.tflite", (const uint8_t *)model, lengths[1]},
        {"models/yes_no/model.toml", (const uint8_t *)info, lengths[2]},
    };

    CHECK(!kws_pipeline_from_memory(toml, files, 0));
    CHECK(strstr(kws_last_error(), "model.tflite") && strchr(kws_last_error(), '\n'));
    KwsPipeline *pipeline = kws_pipeline_from_memory(toml, files, 2);
    CHECK(pipeline);
    free(toml), free(model), free(info);
    KwsSession *session = kws_session_new(pipeline);
    CHECK(session);
    kws_pipeline_free(pipeline);
    CHECK(!kws_session_tap(session, "nope") && strstr(kws_last_error(), "`nope`"));
    CHECK(kws_session_tap(session, "smooth"));

    static int16_t whole[SAMPLES];
    static float real[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        whole[i] = (int16_t)(8000.0 * sin(i * (0.01 + i * 1e-6)));
        real[i] = (float)whole[i] / 32768.0f;
    }
    CHECK(kws_push_i16(session, "nope", whole, 10) < 0 && strstr(kws_last_error(), "`mic`"));
    CHECK(kws_push_u8(session, NULL, (const uint8_t *)"x", 1) < 0);
    CHECK(kws_push_i16(session, NULL, NULL, 10) < 0 && kws_push_i16(session, NULL, NULL, 0) == 0);
    CHECK(kws_push_i16(session, "mic", whole, SAMPLES) == SAMPLES && kws_finish(session));
    double first = take_posteriors(session);
    CHECK(kws_push_i16(session, NULL, whole, 10) < 0 && strstr(kws_last_error(), "ended"));

    CHECK(kws_reset(session));
    for (int at = 0; at < SAMPLES; at += 1000) CHECK(kws_push_f32(session, NULL, real + at, 1000) == 1000);
    CHECK(kws_finish(session) && take_posteriors(session) == first);

    CHECK(kws_reset(session) && kws_lose(session, NULL, 160) && !kws_lose(session, "nope", 1));
    KwsEvent event;
    CHECK(!kws_next_event(session, &event) && !kws_next_event(session, NULL) && !kws_next_event(NULL, &event));
    CHECK(!kws_session_new(NULL) && !kws_pipeline_open(NULL) && !kws_pipeline_open("\xff"));
    CHECK(!kws_pipeline_open("nope.toml") && strstr(kws_last_error(), "nope.toml"));
    kws_session_free(session), kws_session_free(NULL), kws_pipeline_free(NULL);
    return 0;
}
