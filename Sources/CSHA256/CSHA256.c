#include "CSHA256.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))
#define WIDE __attribute__((target("avx512f,avx512bw")))
#define BOTH __attribute__((target("avx512f,avx512bw,sha,sse4.1,ssse3")))

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

// Whether the processor has AVX-512 F and BW and the system saves their registers. Asked once: in a virtual machine
// cpuid is a trap of many microseconds.
static int wide = 0;

__attribute__((constructor)) static void find_avx512(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return;
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0xe6) != 0xe6) return;
  wide = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 16)) && (b & (1u << 30));
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

// Sixteen messages side by side: word i of message j stands in element j of vector i.
#define ROR(x, n) _mm512_ror_epi32(x, n)
#define XOR(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define CHOOSE(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xCA)
#define MAJORITY(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xE8)
#define ADD(a, b) _mm512_add_epi32(a, b)

enum { WIDTH = 16 };

// Loads one block of each message and turns rows into columns.
WIDE static inline void load_blocks(__m512i w[16], const uint8_t *const p[WIDTH]) {
  const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL));
  __m512i a[16], b[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_si512(p[i]);
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    __m512i even = _mm512_shuffle_i32x4(a[i], a[i + 4], 0x88), odd = _mm512_shuffle_i32x4(a[i], a[i + 4], 0xDD);
    __m512i even2 = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0x88);
    __m512i odd2 = _mm512_shuffle_i32x4(a[i + 8], a[i + 12], 0xDD);
    w[i] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(even, even2, 0x88), swap);
    w[i + 4] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(odd, odd2, 0x88), swap);
    w[i + 8] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(even, even2, 0xDD), swap);
    w[i + 12] = _mm512_shuffle_epi8(_mm512_shuffle_i32x4(odd, odd2, 0xDD), swap);
  }
}

// Sixteen rounds of all messages, from round `first` on.
//
// `beside` is called with 0 to 15 between them.
#define ROUNDS(first, beside)                                                                                    \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) {                                              \
    if (first > 0) {                                                                                             \
      __m512i early = w[(i + 1) & 15], late = w[(i + 14) & 15];                                                  \
      __m512i s0 = XOR(ROR(early, 7), ROR(early, 18), _mm512_srli_epi32(early, 3));                              \
      __m512i s1 = XOR(ROR(late, 17), ROR(late, 19), _mm512_srli_epi32(late, 10));                               \
      w[i] = ADD(ADD(w[i], s0), ADD(w[(i + 9) & 15], s1));                                                       \
    }                                                                                                            \
    __m512i t = ADD(ADD(h, ADD(w[i], _mm512_set1_epi32((int)K[first + i]))),                                     \
                    ADD(CHOOSE(e, f, g), XOR(ROR(e, 6), ROR(e, 11), ROR(e, 25))));                               \
    __m512i u = ADD(XOR(ROR(a, 2), ROR(a, 13), ROR(a, 22)), MAJORITY(a, b, c));                                  \
    h = g;                                                                                                       \
    g = f;                                                                                                       \
    f = e;                                                                                                       \
    e = ADD(d, t);                                                                                               \
    d = c;                                                                                                       \
    c = b;                                                                                                       \
    b = a;                                                                                                       \
    a = ADD(t, u);                                                                                               \
    beside(i);                                                                                                   \
  }

// All rounds of one block of each message, on the state in `s`.
#define WIDE_BLOCK(beside)                                                                                       \
  {                                                                                                              \
    __m512i w[16];                                                                                               \
    load_blocks(w, p);                                                                                           \
    __m512i a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];                      \
    ROUNDS(0, beside)                                                                                            \
    for (int first = 16; first < 64; first += 16) { ROUNDS(first, beside) }                                      \
    s[0] = ADD(s[0], a), s[1] = ADD(s[1], b), s[2] = ADD(s[2], c), s[3] = ADD(s[3], d);                          \
    s[4] = ADD(s[4], e), s[5] = ADD(s[5], f), s[6] = ADD(s[6], g), s[7] = ADD(s[7], h);                          \
    for (int i = 0; i < WIDTH; i++) p[i] += 64;                                                                  \
  }

#define NOTHING(i)

WIDE static void sixteen(uint32_t state[8][WIDTH], const uint8_t *p[WIDTH], size_t blocks) {
  __m512i s[8];
  for (int i = 0; i < 8; i++) s[i] = _mm512_loadu_si512(state[i]);
  for (; blocks > 0; blocks--) WIDE_BLOCK(NOTHING)
  for (int i = 0; i < 8; i++) _mm512_storeu_si512(state[i], s[i]);
}

// A quarter of a block of the stream: four times four rounds. The wide rounds keep the vector units busy, these wait for
// each other: side by side they take little longer than the stream alone.
#define STREAM(i)                                                                                                \
  if ((i) % 4 == 0) {                                                                                            \
    a0_before = a0;                                                                                              \
    a1_before = a1;                                                                                              \
  }                                                                                                              \
  _Pragma("clang loop unroll(full)") for (int j = (i) % 4 * 4; j < (i) % 4 * 4 + 4; j++) {                       \
    __m128i ta = _mm_add_epi32(schedule(wa, stream, j, swap), _mm_load_si128((const __m128i *)(K + 4 * j)));     \
    a1 = _mm_sha256rnds2_epu32(a1, a0, ta);                                                                      \
    a0 = _mm_sha256rnds2_epu32(a0, a1, _mm_shuffle_epi32(ta, 0x0E));                                             \
  }                                                                                                              \
  if ((i) % 4 == 3) {                                                                                            \
    a0 = _mm_add_epi32(a0, a0_before);                                                                           \
    a1 = _mm_add_epi32(a1, a1_before);                                                                           \
    stream += 64;                                                                                                \
  }

// `sixteen`, and beside each of its blocks sixteen blocks of one more message.
BOTH static void sixteen_and_one(uint32_t state[8][WIDTH], const uint8_t *p[WIDTH], size_t blocks,
                                 uint32_t stream_state[8], const uint8_t *stream) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i a0, a1, a0_before, a1_before, wa[4];
  load_state(stream_state, &a0, &a1);
  __m512i s[8];
  for (int i = 0; i < 8; i++) s[i] = _mm512_loadu_si512(state[i]);
  for (; blocks > 0; blocks--) WIDE_BLOCK(STREAM)
  for (int i = 0; i < 8; i++) _mm512_storeu_si512(state[i], s[i]);
  store_state(stream_state, a0, a1);
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

// The messages that were not begun yet.
typedef struct {
  const uint8_t *base;
  const uint64_t *offsets, *lengths;
  size_t next, count;
  uint8_t *digests;
} queue;

static int begin(lane *l, queue *q) {
  if (q->next == q->count) return 0;
  const uint8_t *message = q->base + q->offsets[q->next];
  uint64_t length = q->lengths[q->next];
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
  l->digest = q->digests + 32 * q->next;
  q->next++;
  return 1;
}

// Makes sure that a lane has blocks: of its message, its tail, or the next message; 0 if there are none.
static int refill(lane *l, int is_active, queue *q) {
  for (;;) {
    if (!is_active) {
      if (!begin(l, q)) return 0;
      is_active = 1;
    }
    if (l->blocks > 0) return 1;
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
    is_active = 0;
  }
}

// Below this many messages two by two is faster: sixteen take as long as nine of them.
enum { WIDE_FROM = 10 };

// Hashes side by side as long as enough messages are left; `lanes` then holds those in progress, and their number is
// returned.
static size_t hash_wide(lane lanes[WIDTH], queue *q, lane *stream) {
  size_t active = 0;
  if (q->count - q->next < WIDE_FROM) return 0;
  for (;;) {
    size_t kept = 0;
    for (size_t i = 0; i < WIDTH; i++) {
      if (!refill(&lanes[i], i < active, q)) continue;
      if (kept != i) {
        // The tail and the state stand in the lane itself, so pointers to them move with it.
        int in_tail = lanes[i].data >= lanes[i].tail && lanes[i].data < lanes[i].tail + sizeof lanes[i].tail;
        ptrdiff_t at = in_tail ? lanes[i].data - lanes[i].tail : 0;
        lanes[kept] = lanes[i];
        lanes[kept].state = lanes[kept].own;
        if (in_tail) lanes[kept].data = lanes[kept].tail + at;
      }
      kept++;
    }
    active = kept;
    if (active < WIDE_FROM) return active;
    size_t blocks = lanes[0].blocks;
    for (size_t i = 1; i < active; i++) blocks = lanes[i].blocks < blocks ? lanes[i].blocks : blocks;
    uint32_t state[8][WIDTH];
    const uint8_t *data[WIDTH];
    for (size_t j = 0; j < WIDTH; j++) {
      const lane *l = &lanes[j < active ? j : 0];
      data[j] = l->data;
      for (int i = 0; i < 8; i++) state[i][j] = l->own[i];
    }
    // As much of it beside the stream as that has blocks for.
    size_t both = stream->blocks / WIDTH < blocks ? stream->blocks / WIDTH : blocks;
    if (both > 0) sixteen_and_one(state, data, both, stream->state, stream->data);
    stream->data += 64 * WIDTH * both;
    stream->blocks -= WIDTH * both;
    if (blocks > both) sixteen(state, data, blocks - both);
    for (size_t j = 0; j < active; j++) {
      for (int i = 0; i < 8; i++) lanes[j].own[i] = state[i][j];
      lanes[j].data += 64 * blocks;
      lanes[j].blocks -= blocks;
    }
  }
}

void csha256_many(const uint8_t *base, const uint64_t *offsets, const uint64_t *lengths, size_t count, uint8_t *digests,
                  uint32_t *stream_state, const uint8_t *stream, size_t stream_blocks) {
  lane lanes[WIDTH];
  queue q = {base, offsets, lengths, 0, count, digests};
  lane stream_lane = {.state = stream_state, .data = stream, .blocks = stream_state ? stream_blocks : 0, .tail_blocks = 0, .digest = NULL};
  size_t left = wide ? hash_wide(lanes, &q, &stream_lane) : 0;
  // What is left goes two by two, the stream first.
  lane spare[2];
  lane *pair[2] = {&spare[0], &spare[1]};
  int active[2] = {0, 0};
  if (stream_lane.blocks > 0) {
    pair[0] = &stream_lane;
    active[0] = 1;
  }
  for (;;) {
    for (int i = 0; i < 2; i++) {
      active[i] = refill(pair[i], active[i], &q);
      if (!active[i] && left > 0) {
        pair[i] = &lanes[--left];
        active[i] = 1;
      }
    }
    if (active[0] && active[1]) {
      size_t blocks = pair[0]->blocks < pair[1]->blocks ? pair[0]->blocks : pair[1]->blocks;
      two(pair[0]->state, pair[0]->data, pair[1]->state, pair[1]->data, blocks);
      for (int i = 0; i < 2; i++) {
        pair[i]->data += 64 * blocks;
        pair[i]->blocks -= blocks;
      }
    } else if (active[0] || active[1]) {
      lane *l = pair[active[0] ? 0 : 1];
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
