#include "CSHA256.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))

static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const uint32_t INITIAL[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

int csha256_is_available(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & (1u << 29))) return 0;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 19)) && (c & (1u << 9));
}

// The instructions keep the state as (A B E F) and (C D G H).
SHA static inline void load_state(const uint32_t h[8], __m128i *abef, __m128i *cdgh) {
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0xB1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(h + 4)), 0x1B);
  *abef = _mm_alignr_epi8(low, high, 8);
  *cdgh = _mm_blend_epi16(high, low, 0xF0);
}

SHA static inline void store_state(uint32_t h[8], __m128i abef, __m128i cdgh) {
  __m128i low = _mm_shuffle_epi32(abef, 0x1B);
  __m128i high = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)h, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(high, low, 8));
}

// Words 4i to 4i+3 of the message schedule; `w` holds the last sixteen.
SHA static inline __m128i schedule(__m128i w[4], const uint8_t *block, int i, __m128i swap) {
  if (i < 4) return w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), swap);
  __m128i last = w[(i + 3) & 3];
  __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]), _mm_alignr_epi8(last, w[(i + 2) & 3], 4));
  return w[i & 3] = _mm_sha256msg2_epu32(sum, last);
}

SHA static void two(uint32_t a[8], const uint8_t *pa, uint32_t b[8], const uint8_t *pb, size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i a0, a1, b0, b1;
  load_state(a, &a0, &a1);
  load_state(b, &b0, &b1);
  for (; blocks > 0; blocks--, pa += 64, pb += 64) {
    const __m128i a0_before = a0, a1_before = a1, b0_before = b0, b1_before = b1;
    __m128i wa[4], wb[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      const __m128i k = _mm_load_si128((const __m128i *)(K + 4 * i));
      __m128i ta = _mm_add_epi32(schedule(wa, pa, i, swap), k);
      __m128i tb = _mm_add_epi32(schedule(wb, pb, i, swap), k);
      a1 = _mm_sha256rnds2_epu32(a1, a0, ta);
      b1 = _mm_sha256rnds2_epu32(b1, b0, tb);
      a0 = _mm_sha256rnds2_epu32(a0, a1, _mm_shuffle_epi32(ta, 0x0E));
      b0 = _mm_sha256rnds2_epu32(b0, b1, _mm_shuffle_epi32(tb, 0x0E));
    }
    a0 = _mm_add_epi32(a0, a0_before);
    a1 = _mm_add_epi32(a1, a1_before);
    b0 = _mm_add_epi32(b0, b0_before);
    b1 = _mm_add_epi32(b1, b1_before);
  }
  store_state(a, a0, a1);
  store_state(b, b0, b1);
}

SHA static void one(uint32_t a[8], const uint8_t *pa, size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i a0, a1;
  load_state(a, &a0, &a1);
  for (; blocks > 0; blocks--, pa += 64) {
    const __m128i a0_before = a0, a1_before = a1;
    __m128i wa[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      __m128i ta = _mm_add_epi32(schedule(wa, pa, i, swap), _mm_load_si128((const __m128i *)(K + 4 * i)));
      a1 = _mm_sha256rnds2_epu32(a1, a0, ta);
      a0 = _mm_sha256rnds2_epu32(a0, a1, _mm_shuffle_epi32(ta, 0x0E));
    }
    a0 = _mm_add_epi32(a0, a0_before);
    a1 = _mm_add_epi32(a1, a1_before);
  }
  store_state(a, a0, a1);
}

// One message in progress: first its whole blocks, then the one or two that hold its rest and its length.
typedef struct {
  uint32_t own[8];
  uint32_t *state;
  const uint8_t *data;
  size_t blocks;
  uint8_t tail[128];
  size_t tail_blocks;
  uint8_t *digest;
} lane;

static void begin(lane *l, const uint8_t *message, uint64_t length, uint8_t *digest) {
  memcpy(l->own, INITIAL, sizeof INITIAL);
  l->state = l->own;
  l->data = message;
  l->blocks = (size_t)(length / 64);
  size_t rest = (size_t)(length % 64);
  l->tail_blocks = rest < 56 ? 1 : 2;
  memset(l->tail, 0, sizeof l->tail);
  if (rest > 0) memcpy(l->tail, message + length - rest, rest);
  l->tail[rest] = 0x80;
  uint64_t bits = length * 8;
  for (int i = 0; i < 8; i++) l->tail[l->tail_blocks * 64 - 1 - i] = (uint8_t)(bits >> (8 * i));
  l->digest = digest;
}

// Moves a lane without blocks on to its tail, or ends it; 1 if it has blocks again.
static int advance(lane *l) {
  if (l->tail_blocks > 0) {
    l->data = l->tail;
    l->blocks = l->tail_blocks;
    l->tail_blocks = 0;
    return 1;
  }
  if (l->digest) {
    for (int i = 0; i < 8; i++) {
      uint32_t word = __builtin_bswap32(l->own[i]);
      memcpy(l->digest + 4 * i, &word, 4);
    }
  }
  return 0;
}

void csha256_many(const uint8_t *base, const uint64_t *offsets, const uint64_t *lengths, size_t count, uint8_t *digests,
                  uint32_t *stream_state, const uint8_t *stream, size_t stream_blocks) {
  lane lanes[2];
  int active[2] = {0, 0};
  size_t next = 0;
  if (stream_state && stream_blocks > 0) {
    lanes[0].state = stream_state;
    lanes[0].data = stream;
    lanes[0].blocks = stream_blocks;
    lanes[0].tail_blocks = 0;
    lanes[0].digest = NULL;
    active[0] = 1;
  }
  for (;;) {
    for (int i = 0; i < 2; i++) {
      while (!active[i] || lanes[i].blocks == 0) {
        if (active[i] && advance(&lanes[i])) continue;
        active[i] = 0;
        if (next == count) break;
        begin(&lanes[i], base + offsets[next], lengths[next], digests + 32 * next);
        active[i] = 1;
        next++;
      }
    }
    if (active[0] && active[1]) {
      size_t blocks = lanes[0].blocks < lanes[1].blocks ? lanes[0].blocks : lanes[1].blocks;
      two(lanes[0].state, lanes[0].data, lanes[1].state, lanes[1].data, blocks);
      for (int i = 0; i < 2; i++) {
        lanes[i].data += 64 * blocks;
        lanes[i].blocks -= blocks;
      }
    } else if (active[0] || active[1]) {
      lane *l = active[0] ? &lanes[0] : &lanes[1];
      one(l->state, l->data, l->blocks);
      l->blocks = 0;
    } else {
      return;
    }
  }
}

#else

int csha256_is_available(void) { return 0; }

void csha256_many(const uint8_t *base, const uint64_t *offsets, const uint64_t *lengths, size_t count, uint8_t *digests,
                  uint32_t *stream_state, const uint8_t *stream, size_t stream_blocks) {
  (void)base, (void)offsets, (void)lengths, (void)count, (void)digests;
  (void)stream_state, (void)stream, (void)stream_blocks;
  __builtin_trap();
}

#endif
