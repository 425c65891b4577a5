// SHA-256 of two messages at a time.
//
// One SHA-256 is bound by the latency of the processor's SHA instructions: half of their throughput stays unused. Two
// independent messages, interleaved, fill it. Everything is FIPS 180-4; only the order of the instructions is special.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has the SHA extensions. Nothing below may be called where it has not.
int csha256_is_available(void);

/// Hashes `count` messages that lie in one buffer, at `offsets` with `lengths`, into 32 bytes each.
///
/// With `stream_state` not NULL, also goes on with another hash: eight words of state over `stream_blocks` blocks of 64
/// bytes at `stream`, at the same time and therefore almost for free.
void csha256_many(const uint8_t *base, const uint64_t *offsets, const uint64_t *lengths, size_t count, uint8_t *digests,
                  uint32_t *stream_state, const uint8_t *stream, size_t stream_blocks);
