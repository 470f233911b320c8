/* The rules of threads: sessions of one pipeline in several threads at once give the same as one alone, a session moves from
 * thread to thread, and each thread has its own last error.
 * threads PIPELINE.toml FILE.raw (16 bits, 16 kHz) */
#include <pthread.h>
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

enum { THREADS = 8, LONGEST = 1 << 21, EVENTS = 64, LINE = 256 };

static int16_t samples[LONGEST];
static size_t count;

/* What a thread works with, and the lines of its events. */
typedef struct {
    KwsPipeline *pipeline;
    KwsSession *session;
    size_t block, from, to;
    int number, found;
    char lines[EVENTS][LINE];
} Work;

static void take(Work *work) {
    KwsEvent event;
    while (kws_next_event(work->session, &event)) {
        CHECK(work->found < EVENTS && strlen(event.json) < LINE);
        strcpy(work->lines[work->found++], event.json);
    }
}

/* Pushes its part of the recording, in blocks of its own length. */
static void *push(void *argument) {
    Work *work = argument;
    char wrong[32];
    sprintf(wrong, "nope%d", work->number);
    CHECK(kws_push_i16(work->session, wrong, samples, 1) < 0);
    for (size_t at = work->from; at < work->to; at += work->block) {
        size_t length = work->to - at < work->block ? work->to - at : work->block;
        CHECK(kws_push_i16(work->session, NULL, samples + at, length) == (ptrdiff_t)length);
        take(work);
    }
    CHECK(strstr(kws_last_error(), wrong));
    return NULL;
}

/* A session of its own, from its beginning to its end. */
static void *whole(void *argument) {
    Work *work = argument;
    CHECK((work->session = kws_session_new(work->pipeline)));
    push(work);
    CHECK(kws_finish(work->session));
    take(work);
    kws_session_free(work->session);
    return NULL;
}

static void expect_same(const Work *one, const Work *other) {
    CHECK(one->found == other->found);
    for (int i = 0; i < one->found; i++) CHECK(!strcmp(one->lines[i], other->lines[i]));
}

int main(int arguments, char **argument) {
    CHECK(arguments == 3);
    FILE *file = fopen(argument[2], "rb");
    CHECK(file && (count = fread(samples, 2, LONGEST, file)) > 16000);
    fclose(file);
    KwsPipeline *pipeline = kws_pipeline_open(argument[1]);
    CHECK(pipeline);

    static Work alone, works[THREADS], moving;
    alone = (Work){.pipeline = pipeline, .block = 160, .to = count};
    whole(&alone);
    CHECK(alone.found > 0);

    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        works[i] = (Work){.pipeline = pipeline, .block = 100 + 77 * (size_t)i, .to = count, .number = i + 1};
        CHECK(!pthread_create(&threads[i], NULL, whole, &works[i]));
    }
    for (int i = 0; i < THREADS; i++) CHECK(!pthread_join(threads[i], NULL));
    for (int i = 0; i < THREADS; i++) expect_same(&alone, &works[i]);

    moving = (Work){.pipeline = pipeline, .block = 160};
    CHECK((moving.session = kws_session_new(pipeline)));
    kws_pipeline_free(pipeline);
    for (int i = 0; i < THREADS; i++) {
        moving.from = moving.to, moving.to = count * (size_t)(i + 1) / THREADS, moving.number = i;
        CHECK(!pthread_create(&threads[0], NULL, push, &moving) && !pthread_join(threads[0], NULL));
    }
    CHECK(kws_finish(moving.session));
    take(&moving);
    expect_same(&alone, &moving);
    kws_session_free(moving.session);
    printf("%d threads, each with %d events\n", THREADS, alone.found);
    return 0;
}
