/* kws: always-on sensing. Samples in, events out; boards/c/README.md is the guide.
 *
 * Threads: any number may use one pipeline at the same time. One thread at a time may use a session, any thread. Messages of
 * errors are kept for each thread. A function that fails returns NULL, a negative number or false: see kws_last_error.
 *
 * Made by cbindgen: cargo run -p kws-c-header
 */

#ifndef KWS_H
#define KWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * What the items of a block are.
 */
typedef enum {
  /**
   * `int8_t`.
   */
  KWS_I8,
  /**
   * `uint8_t`.
   */
  KWS_U8,
  /**
   * `int16_t`.
   */
  KWS_I16,
  /**
   * `float`.
   */
  KWS_F32,
} KwsElement;

/**
 * A pipeline, read and checked. All threads may use one at the same time.
 */
typedef struct KwsPipeline KwsPipeline;

/**
 * A stream that runs a pipeline. One thread at a time may use it, any thread.
 */
typedef struct KwsSession KwsSession;

/**
 * A file that a pipeline names, in memory.
 */
typedef struct {
  /**
   * The path by which the pipeline names it.
   */
  const char *path;
  /**
   * What it holds.
   */
  const uint8_t *bytes;
  /**
   * How many bytes that is.
   */
  size_t length;
} KwsFile;

/**
 * A detection. Its texts are valid until the next one is taken, or the session is freed.
 */
typedef struct {
  /**
   * The label.
   */
  const char *label;
  /**
   * The operating point.
   */
  const char *point;
  /**
   * The stage that found it.
   */
  const char *stage;
  /**
   * The line of JSON that `kws-run --json` writes, without a line feed.
   */
  const char *json;
  /**
   * The score, 0 to 1.
   */
  float score;
  /**
   * Tick of the stream at which it was certain.
   */
  uint64_t tick;
  /**
   * That tick in seconds.
   */
  double time;
  /**
   * Seconds of the stream at which the evidence began.
   */
  double start;
  /**
   * Seconds of the stream at which it ended.
   */
  double end;
} KwsEvent;

/**
 * A block of a tapped stage. Its stage and items are valid until the next one is taken, or the session is freed.
 */
typedef struct {
  /**
   * The stage that wrote it.
   */
  const char *stage;
  /**
   * What its items are.
   */
  KwsElement element;
  /**
   * The items.
   */
  const void *items;
  /**
   * How many there are.
   */
  size_t count;
  /**
   * Tick that completed it.
   */
  uint64_t tick;
  /**
   * That tick in seconds.
   */
  double time;
  /**
   * Ticks that are missing before it.
   */
  uint64_t lost;
} KwsBlock;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The message of the last call that failed on this thread, or an empty text. It may have several lines: where a pipeline
 * file is wrong, it shows the line. Valid until the next call fails on this thread.
 */
const char *kws_last_error(void);

/**
 * Reads a pipeline file and the models that it names, and checks all of it. NULL on failure.
 *
 * # Safety
 * `path` ends with a NUL.
 */
KwsPipeline *kws_pipeline_open(const char *path);

/**
 * Makes a pipeline of its text and of the files that it names, all from memory: nothing is read from disk, and nothing
 * is used after the call. NULL on failure.
 *
 * # Safety
 * `toml` ends with a NUL; `files` has `count` files, each with a path that ends with a NUL and so many bytes as it says.
 */
KwsPipeline *kws_pipeline_from_memory(const char *toml,
                                      const KwsFile *files,
                                      size_t count);

/**
 * Frees a pipeline. Sessions that were made of it live on. NULL is allowed.
 *
 * # Safety
 * A pipeline of this library that was not freed, and that no other thread uses.
 */
void kws_pipeline_free(KwsPipeline *pipeline);

/**
 * Makes a session, one for each stream. It has its own state and shares the models of the pipeline, which may be freed
 * before it. NULL on failure.
 *
 * # Safety
 * A pipeline that was not freed, or NULL.
 */
KwsSession *kws_session_new(const KwsPipeline *pipeline);

/**
 * Frees a session. NULL is allowed.
 *
 * # Safety
 * A session of this library that was not freed, and that no other thread uses.
 */
void kws_session_free(KwsSession *session);

/**
 * Has `kws_next_block` return the blocks of a stage, such as features or posteriors. Call it before the first push; after
 * each push take the blocks, which are kept until then. False on failure.
 *
 * # Safety
 * A session that was not freed, and that no other thread uses, or NULL; `stage` ends with a NUL.
 */
bool kws_session_tap(KwsSession *session,
                     const char *stage);

/**
 * Pushes audio of 16 bits, any number of samples, into a source, or with NULL into the only one, and runs the pipeline on
 * it, on this thread. Returns how many samples were taken, or a negative number on failure. With one source all are taken;
 * with several, a push that was not taken whole waits for what the others bring: push to them, then push the rest.
 *
 * # Safety
 * A session that was not freed, and that no other thread uses, or NULL; `source` is NULL or ends with a NUL; `samples` has
 * `count` of them.
 */
ptrdiff_t kws_push_i16(KwsSession *session,
                       const char *source,
                       const int16_t *samples,
                       size_t count);

/**
 * As `kws_push_i16`, of audio from −1 to 1.
 *
 * # Safety
 * As `kws_push_i16`.
 */
ptrdiff_t kws_push_f32(KwsSession *session, const char *source, const float *samples, size_t count);

/**
 * As `kws_push_i16`, of pixels: rows from the top, channels of a pixel beside each other, as the pipeline states them.
 *
 * # Safety
 * As `kws_push_i16`.
 */
ptrdiff_t kws_push_u8(KwsSession *session,
                      const char *source,
                      const uint8_t *pixels,
                      size_t count);

/**
 * Says that ticks of a source (NULL: the only one) were lost, as when a microphone's buffer overran: stages with memory
 * reset at the gap. For audio a tick is a sample. False on failure.
 *
 * # Safety
 * A session that was not freed, and that no other thread uses, or NULL; `source` is NULL or ends with a NUL.
 */
bool kws_lose(KwsSession *session,
              const char *source,
              uint64_t ticks);

/**
 * Ends the stream, and works off what is left. False on failure.
 *
 * # Safety
 * A session that was not freed, and that no other thread uses, or NULL.
 */
bool kws_finish(KwsSession *session);

/**
 * Begins a new stream at tick 0, with everything forgotten, events that were not taken too. False on failure.
 *
 * # Safety
 * A session that was not freed, and that no other thread uses, or NULL.
 */
bool kws_reset(KwsSession *session);

/**
 * Takes the oldest event that was not taken. False where there is none, or on failure.
 *
 * # Safety
 * A session that was not freed, and that no other thread uses, or NULL; `event` may be written to, or is NULL.
 */
bool kws_next_event(KwsSession *session,
                    KwsEvent *event);

/**
 * Takes the oldest block of the tapped stages that was not taken. False where there is none, or on failure.
 *
 * # Safety
 * A session that was not freed, and that no other thread uses, or NULL; `block` may be written to, or is NULL.
 */
bool kws_next_block(KwsSession *session,
                    KwsBlock *block);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* KWS_H */
