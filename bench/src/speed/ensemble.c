/*
 * The ensemble's mathematics in C, statement by statement after engine/src/models/ensemble.ts, for two purposes: how far
 * JavaScript is from the machine (bench/src/speed), and whether another compiler gets the same bytes. Regenerate by hand
 * when the model changes; the bench says when the checksums differ.
 *
 * usage: ensemble DAY_LENGTH WEEK_LENGTH SERIES INTERVALS < values   (values: doubles, [series x interval])
 * prints: seconds for judge + learn, and a checksum (FNV-1a) of all states.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
enum { STATE_VERSION = 1 };
enum { D_LEARNED_UNTIL = 0 };
enum { D_AGE = 1 };
enum { D_POINTS = 2 };
enum { D_LEVEL = 3 };
enum { D_SLOW_LEVEL = 4 };
enum { D_SLOW = 5 };
enum { D_FAST = 6 };
enum { D_WEEK_SLOW = 7 };
enum { D_WEEK_FAST = 8 };
enum { D_RATIO_LEVEL = 9 };
enum { D_LAST_RESIDUAL = 10 };
enum { D_TREND_LEVEL = 11 };
enum { D_TREND = 12 };
enum { D_MIN = 13 };
enum { D_MAX = 14 };
enum { D_QUANTUM = 15 };
enum { D_LAST_VALUE = 16 };
enum { D_GLOBAL_MEAN = 17 };
enum { D_GLOBAL_VARIANCE = 18 };
enum { D_SPREAD_GLOBAL = 19 };
enum { D_SPREAD_FAST = 20 };
enum { D_SPREAD_LONG = 21 };
enum { D_MOVEMENT = 22 };
enum { D_SPREAD_SHIFT = 23 };
enum { D_OLD_LEVEL = 24 };
enum { D_OLD_SLOW = 25 };
enum { D_OLD_SLOW_LEVEL = 26 };
enum { D_OLD_SPREAD = 27 };
enum { D_COUNT = 28 };
enum { F_FIRST = D_COUNT * 2 };
enum { F_RUN = F_FIRST };
enum { F_GATED = F_FIRST + 1 };
enum { F_SHIFT_FAST = F_FIRST + 2 };
enum { F_SHIFT_SLOW = F_FIRST + 3 };
enum { F_SHIFT_FAST_SQUARE = F_FIRST + 4 };
enum { F_SHIFT_SLOW_SQUARE = F_FIRST + 5 };
enum { F_TAIL_POINTS = F_FIRST + 6 };
enum { F_TAIL_AGE = F_FIRST + 7 };
enum { F_BLOCK_POINTS = F_FIRST + 8 };
enum { F_BLOCKS = F_FIRST + 9 };
enum { F_BLOCK_UP = F_FIRST + 10 };
enum { F_BLOCK_DOWN = F_FIRST + 11 };
enum { F_BLOCK_MEAN_UP = F_FIRST + 12 };
enum { F_BLOCK_MEAN_DOWN = F_FIRST + 13 };
enum { F_BLOCK_DEVIATION_UP = F_FIRST + 14 };
enum { F_BLOCK_DEVIATION_DOWN = F_FIRST + 15 };
enum { F_Q_UP = F_FIRST + 16 };
enum { F_Q_DOWN = F_FIRST + 17 };
enum { F_Q_GLOBAL = F_FIRST + 18 };
enum { F_Q_SHIFT = F_FIRST + 19 };
enum { F_DAY_POINTS = F_FIRST + 20 };
enum { F_DAY_MAX = F_FIRST + 21 };
enum { F_DAYS = F_FIRST + 22 };
enum { F_DAY_MEAN = F_FIRST + 23 };
enum { F_REST_AGE = F_FIRST + 24 };
enum { F_REST_SLOT = F_FIRST + 25 };
enum { F_GAP = F_FIRST + 26 };
enum { F_GAP_LONGEST = F_FIRST + 27 };
enum { F_GAP_SHARE = F_FIRST + 28 };
enum { F_FLAT = F_FIRST + 29 };
enum { F_FLAT_LONGEST = F_FIRST + 30 };
enum { F_FLAT_SHARE = F_FIRST + 31 };
enum { F_ZERO = F_FIRST + 32 };
enum { F_ZERO_SHARE = F_FIRST + 33 };
enum { F_SIDE = F_FIRST + 34 };
enum { F_MEMORY_AGE = F_FIRST + 35 };
enum { F_MEMORY_BACK = F_FIRST + 36 };
enum { F_MEMORY_SCORE = F_FIRST + 37 };
enum { F_NONZERO = F_FIRST + 38 };
enum { F_STRETCH_UP = F_FIRST + 39 };
enum { F_STRETCH_DOWN = F_FIRST + 40 };
enum { F_SHIFT_RUN = F_FIRST + 41 };
enum { F_SPARE = F_FIRST + 42 };
enum { F_REST = F_FIRST + 44 };
enum { REST_SLOTS = 8 };
enum { F_LOSS = F_REST + REST_SLOTS };
enum { EXPERT_COUNT = 9 };
enum { F_WEIGHT = F_LOSS + EXPERT_COUNT + 1 };
enum { F_COVARIANCE = F_WEIGHT + EXPERT_COUNT };
enum { F_TAIL_UP = F_COVARIANCE + (EXPERT_COUNT * (EXPERT_COUNT + 1)) / 2 };
enum { TAIL_BINS = 48 };
enum { F_TAIL_DOWN = F_TAIL_UP + TAIL_BINS };
enum { F_TAIL_GLOBAL = F_TAIL_DOWN + TAIL_BINS };
enum { COARSE_BINS = 24 };
enum { F_TAIL_SHIFT = F_TAIL_GLOBAL + COARSE_BINS };
enum { F_HOURS = F_TAIL_SHIFT + COARSE_BINS };

typedef struct {
  double dayLength, weekLength, hourCount, pointsPerHour, ratioLength;
  long F_SPREAD_HOUR, F_ZERO_HOUR, F_PROFILE, F_WEEK, F_RATIO, F_RING, stateLength;
} Layout;

static double JUDGED[64], covarianceTimesX[16];
enum { J_EXPERT = 0 };
enum { J_STACK = 9 };
enum { J_EXPECTED = 10 };
enum { J_SPREAD = 11 };
enum { J_FLOOR = 12 };
enum { J_Z = 13 };
enum { J_SCORE = 14 };
enum { J_SHIFT = 15 };
enum { J_INCIDENT = 16 };
enum { J_SHIFT_SIGN = 17 };
enum { J_SHIFT_D = 18 };
enum { J_UNIT = 19 };
enum { J_GLOBAL_Z = 20 };
enum { J_INCIDENT_X = 21 };
enum { J_STACK_X = 22 };
enum { J_STACK_OUT = 31 };
enum { J_LN_Z = 32 };
enum { J_SPREAD_HOUR = 33 };
enum { J_SPREAD_FAST = 34 };
enum { J_SPREAD_LONG = 35 };
enum { J_KNOWN = 36 };
enum { J_MATURE = 37 };
enum { J_SHIFT_SPREAD = 38 };
enum { J_BACK = 39 };
enum { J_SHIFT_RAW = 40 };
enum { J_SCORE_BEFORE_MEMORY = 41 };
enum { J_SHIFT_RUN = 42 };
enum { J_GATED = 43 };
enum { J_COUNT = 44 };
static const double FIRST_SCORED_POINT = 5;
static const double STRETCH_FROM = 3;
static const double MEMORY_LONG = 12;
static const double BLOCK_DEVIATION = 0.5;
static const double LN_5 = 1.6094379124341003;
static const double SHIFT_FAST_RATE = 1.0 / 4;
static const double SHIFT_SLOW_RATE = 1.0 / 16;
static const double STACK_COVARIANCE = 0.02;
static const double STRETCH_MAX = 1.3;
static const double STRETCH_REFERENCE = 0.3;
static const double TAIL_LOWEST = 0.5;
static const double LN_TAIL_LOWEST = -0.6931471805599453;
static const double TAIL_PER_OCTAVE = 6;
static const double COARSE_PER_OCTAVE = 3;
static const double LN2 = 0.6931471805599453;
static const double TAIL_WEIGHT = 20;
static const double TAIL_REFIT = 32;
static const double TAIL_HALVED = 20000;
static double LN_REF_05;
static double LN_REF_01;
static double LN_REF_001;
static double LN_STEP_01;
static double LN_STEP_001;
static const double BLOCK_LEAST = 2;
static const double Z_LIMIT = 1000;
static const double ZERO_SCORE_PER_NAT = 2;
static const double HEDGE_SHARPNESS = 5;
static const double HEDGE_STEPS_PER_UNIT = 128;
static const double HEDGE_STEPS = HEDGE_SHARPNESS * HEDGE_STEPS_PER_UNIT;
static const double STACK_X_LIMIT = 8;
static const double RELEVANT_MOVEMENT = 0.1;
static const double RELEVANT_LEVEL = 0.001;
static const double SPARSE_SPREADS = 2;
static const double LOUD_SCORE = 10;
static const double MEMORY_SHORT = 3;
static const double BACK_SPREADS = 2;
static const double SHIFT_RARITY = 0.85;
static const double SHIFT_POINTS = 3;
static const double SHIFT_AWAY = 0.5;
static const double STACK_FORGETTING = 1 - 1.0 / 3000;
static const double STACK_COVARIANCE_FLOOR = 1e-7;
static const double HEDGE_RATE = 0.03;
static const double HEDGE_LOSS_LIMIT = 4;
static const double SPREAD_PER_DEVIATION = 1.25;
static const double QUANTUM_CREEP = 1.0001;
static const double GATE_SPREADS = 3;
static const double GATE_DOUBLING = 4;
static const double GATE_RELEARN = 12;
static const double SHIFT_SQUARE_LEAST = 1e-3;
static const double MEMORY_EARLY = 6;
static const double MEMORY_SEASONS = 2;
static const double BACK_POINTS = 3;

static double POWERS[1024 + 1074], RECIPROCALS[129], LOGARITHMS[129], ROOTS[64];
static float HEDGE_WEIGHTS[4096];
static double slowLn(double x) {
  const double m = x > 1.4142135623730951 ? 0.5 * x : x;
  const double s = (m - 1) / (m + 1), w = s * s;
  double series = 0;
  for (int k = 19; k >= 3; k -= 2) series = (series + 1.0 / k) * w;
  return (x > 1.4142135623730951 ? 0.6931471805599453 : 0) + 2 * s * (1 + series);
}
static double slowExp(double x) {
  const double k = floor(x * 1.4426950408889634 + 0.5);
  const double r = x - k * 6.9314718036912381649e-1 - k * 1.90821492927058770002e-10;
  double p = 1;
  for (int n = 14; n >= 1; n--) p = 1 + (p * r) / n;
  return p * POWERS[(long)k + 1074];
}
static inline double ln(double x) {
  if (!(x >= 2.2250738585072014e-308 && x < INFINITY)) return x == INFINITY ? INFINITY : x >= 0 ? -INFINITY : NAN;
  uint64_t u; memcpy(&u, &x, 8);
  const uint32_t high = (uint32_t)(u >> 32);
  const long exponent = (long)(high >> 20) - 1023;
  const uint32_t i = ((high & 0xfffff) + 0x1000) >> 13;
  const double r = x * POWERS[1074 - exponent] * RECIPROCALS[i] - 1;
  return exponent * 0.6931471805599453 + LOGARITHMS[i] + r * (1 - r * (0.5 - r * (0.3333333333333333 - r * (0.25 - r * 0.2))));
}
static double exp_(double x) {
  if (!(x >= -700 && x <= 700)) return x > 700 ? exp_(700) : x < -700 ? 0 : NAN;
  const long k = (long)floor(x * (64 * 1.4426950408889634) + 0.5);
  const double r = x - k * (6.9314718036912381649e-1 / 64) - k * (1.90821492927058770002e-10 / 64);
  const double p = 1 + r * (1 + r * (0.5 + r * (0.16666666666666666 + r * (0.041666666666666664 + r * 0.008333333333333333))));
  return p * ROOTS[k & 63] * POWERS[1074 + (k >> 6)];
}
static inline double thirdsOfOctave(double x) {
  uint64_t u; memcpy(&u, &x, 8);
  const uint32_t high = (uint32_t)(u >> 32), mantissa = high & 0xfffff;
  return 3 * ((double)(high >> 20) - 1023) + (mantissa > 615934 ? 2 : mantissa > 272546 ? 1 : 0);
}
static void buildTables(void) {
  double x = 1;
  for (long k = 0; k < 1024; k++, x *= 2) POWERS[k + 1074] = x;
  x = 0.5;
  for (long k = -1; k >= -1074; k--, x *= 0.5) POWERS[k + 1074] = x;
  for (int i = 0; i <= 128; i++) {
    RECIPROCALS[i] = 1 / (1 + i / 128.0);
    LOGARITHMS[i] = slowLn(1 + i / 128.0);
  }
  for (int i = 0; i < 64; i++) ROOTS[i] = slowExp((i / 64.0) * 0.6931471805599453);
  for (int i = 0; i <= 2560; i++) HEDGE_WEIGHTS[i] = (float)exp_(-i / 128.0);
}

static inline double visitRate(double age, double dayLength);
static inline double rate(double constant, double n);
static inline double clamp(double x, double low, double high);
static void learnTail(float *f, long c, const Layout *layout, int up);
static void endBlock(float *f, long max, long mean, long deviation, double k);
static void addCoarse(float *f, long bins, double x);
static double lnQuantileTerm(float *f, long bins, long binCount, long perOctave, double total, double a05, double a01, double a001);
static double stretchOf(float *f, long bins, double total);
static double lnLevel(float *f, long bins, long bin, double above, double sought, long perOctave);
static double blockLength(const Layout *layout);
static double blockMeanReference(const Layout *layout);
static void startState(double *d, float *f, long b, const Layout *layout);
static void resetTail(float *f, long c, const Layout *layout);
static void judgePoint(double *d, float *f, long b, const Layout *layout, long inDay, long hourOfWeek, double value);
static double hedgeWeight(double steps);
static int isLargest(float *f, long rest, double x);
static double hullLow(double *J);
static double hullHigh(double *J);
static double shiftRun(double before, double dev);
static void learnStack(float *f, long c);
static void learnExperts(double *d, float *f, long b, const Layout *layout, long inDay, long hourOfWeek, double gated, int known, int mature);
static void learnPoint(double *d, float *f, long b, const Layout *layout, long inDay, long hourOfWeek, double value);
static void firstPoint(double *d, float *f, long b, const Layout *layout, long inDay, double value);
static void learnIncident(double *d, float *f, long b, const Layout *layout, double points, double value);
static void learnSpreads(double *d, float *f, long b, const Layout *layout, long inDay, double value, double residual, double points);
static void learnShift(double *d, float *f, long b, double away, double seen);
static void learnShiftAverage(float *f, long average, long square, double dev, double k);
static double pointsPerDay(const Layout *layout);

static inline double visitRate(double age, double dayLength) {
  return age < 12 * dayLength ? 1 / (floor(age / dayLength) + 1) : 0.08;
}

static inline double rate(double constant, double n) {
  return (n + 1) * constant < 1 ? 1 / (n + 1) : constant;
}

static inline double clamp(double x, double low, double high) {
  return x < low ? low : x > high ? high : x;
}

static void learnTail(float *f, long c, const Layout *layout, int up) {
  const double z = JUDGED[(long)(J_Z)];
  const double lnZ = JUDGED[(long)(J_LN_Z)];
  if (lnZ > LN_TAIL_LOWEST) {
    long bin = floor((lnZ - LN_TAIL_LOWEST) * (TAIL_PER_OCTAVE / LN2));
    if (bin >= TAIL_BINS) bin = TAIL_BINS - 1;
    f[(long)(c + (up ? F_TAIL_UP : F_TAIL_DOWN) + bin)] += 1;
  }
  addCoarse(f, c + F_TAIL_GLOBAL, JUDGED[(long)(J_GLOBAL_Z)]);
  addCoarse(f, c + F_TAIL_SHIFT, JUDGED[(long)(J_SHIFT_RAW)]);
  const long block = c + (up ? F_BLOCK_UP : F_BLOCK_DOWN);
  if (z > f[(long)(block)]) f[(long)(block)] = z;
  double total = f[(long)(c + F_TAIL_POINTS)] + 1;
  if (total >= TAIL_HALVED) {
    total *= 0.5;
    for (long k = c + F_TAIL_UP; k < c + F_TAIL_SHIFT + COARSE_BINS; k++) f[(long)(k)] *= 0.5;
  }
  f[(long)(c + F_TAIL_POINTS)] = total;

  const double blockPoints = f[(long)(c + F_BLOCK_POINTS)] + 1;
  if (blockPoints >= blockLength(layout)) {
    f[(long)(c + F_BLOCK_POINTS)] = 0;
    const double blocks = f[(long)(c + F_BLOCKS)] + 1;
    f[(long)(c + F_BLOCKS)] = blocks;
    const double k = 1 / fmin(blocks + 10, 40); 
    endBlock(f, c + F_BLOCK_UP, c + F_BLOCK_MEAN_UP, c + F_BLOCK_DEVIATION_UP, k);
    endBlock(f, c + F_BLOCK_DOWN, c + F_BLOCK_MEAN_DOWN, c + F_BLOCK_DEVIATION_DOWN, k);
  } else f[(long)(c + F_BLOCK_POINTS)] = blockPoints;

  const double tailAge = f[(long)(c + F_TAIL_AGE)] + 1;
  if (tailAge >= TAIL_REFIT) {
    f[(long)(c + F_TAIL_AGE)] = 0;
    const double reference = blockMeanReference(layout);
    f[(long)(c + F_Q_UP)] = exp_(
      lnQuantileTerm(f, c + F_TAIL_UP, TAIL_BINS, TAIL_PER_OCTAVE, 0.5 * total, 0.3, 0.1, 0.1) +
        0.6 * (f[(long)(c + F_BLOCK_MEAN_UP)] - reference)
    );
    f[(long)(c + F_Q_DOWN)] = exp_(
      lnQuantileTerm(f, c + F_TAIL_DOWN, TAIL_BINS, TAIL_PER_OCTAVE, 0.5 * total, 0.3, 0.1, 0.1) +
        0.6 * (f[(long)(c + F_BLOCK_MEAN_DOWN)] - reference)
    );
    f[(long)(c + F_STRETCH_UP)] = stretchOf(f, c + F_TAIL_UP, 0.5 * total);
    f[(long)(c + F_STRETCH_DOWN)] = stretchOf(f, c + F_TAIL_DOWN, 0.5 * total);
    f[(long)(c + F_Q_GLOBAL)] = exp_(
      lnQuantileTerm(f, c + F_TAIL_GLOBAL, COARSE_BINS, COARSE_PER_OCTAVE, total, 0.3, 0.3, 0.3)
    );
    f[(long)(c + F_Q_SHIFT)] = exp_(lnQuantileTerm(f, c + F_TAIL_SHIFT, COARSE_BINS, COARSE_PER_OCTAVE, total, 0.3, 0.3, 0.3));
  } else f[(long)(c + F_TAIL_AGE)] = tailAge;
}

static void endBlock(float *f, long max, long mean, long deviation, double k) {
  
  const double lnMax = ln(f[(long)(max)] > BLOCK_LEAST ? f[(long)(max)] : BLOCK_LEAST);
  const double v = f[(long)(deviation)];
  const double above = lnMax - f[(long)(mean)];
  const double away = fabs(above);
  f[(long)(mean)] += k * (above < 2 * v ? above : 2 * v); 

  f[(long)(deviation)] = v + k * ((away < 3 * v ? away : 3 * v) - v);
  f[(long)(max)] = 0;
}

static void addCoarse(float *f, long bins, double x) {
  if (!(x > TAIL_LOWEST)) return;
  long bin = thirdsOfOctave(x) + COARSE_PER_OCTAVE; 
  if (bin >= COARSE_BINS) bin = COARSE_BINS - 1;
  f[(long)(bins + bin)] += 1;
}

static double lnQuantileTerm(float *f, long bins, long binCount, long perOctave, double total, double a05, double a01, double a001) {
  double above = 0;
  long bin = binCount;
  double sought = 0.001 * total;
  double m = sought;
  while (bin > 0 && above < sought) above += f[(long)(bins + --bin)];
  const double seen001 = lnLevel(f, bins, bin, above, sought, perOctave);
  sought = 0.01 * total;
  while (bin > 0 && above < sought) above += f[(long)(bins + --bin)];
  const double seen01 = lnLevel(f, bins, bin, above, sought, perOctave);
  sought = 0.05 * total;
  while (bin > 0 && above < sought) above += f[(long)(bins + --bin)];
  const double seen05 = lnLevel(f, bins, bin, above, sought, perOctave);
  m = 0.1 * total; 
  const double q05 = (m * seen05 + TAIL_WEIGHT * LN_REF_05) / (m + TAIL_WEIGHT);
  m = 0.02 * total;
  const double q01 = (m * seen01 + TAIL_WEIGHT * (q05 + LN_STEP_01)) / (m + TAIL_WEIGHT);
  m = 0.002 * total;
  const double q001 = (m * seen001 + TAIL_WEIGHT * (q01 + LN_STEP_001)) / (m + TAIL_WEIGHT);
  return a05 * (q05 - LN_REF_05) + a01 * (q01 - LN_REF_01) + a001 * (q001 - LN_REF_001);
}

static double stretchOf(float *f, long bins, double total) {
  const double sought = 0.05 * total;
  double above = 0;
  double sum = 0;
  long bin = TAIL_BINS;
  while (bin > 0 && above < sought) {
    bin--;
    above += f[(long)(bins + bin)];
    sum += f[(long)(bins + bin)] * bin;
  }
  if (above == 0) return 1;
  const double excess = ((sum / above - bin + 0.5) * LN2) / TAIL_PER_OCTAVE;
  const double shrunk = (above * excess + TAIL_WEIGHT * STRETCH_REFERENCE) / (above + TAIL_WEIGHT);
  const double stretch = sqrt(STRETCH_REFERENCE / shrunk);
  return stretch < 1 ? 1 : stretch > STRETCH_MAX ? STRETCH_MAX : stretch;
}

static double lnLevel(float *f, long bins, long bin, double above, double sought, long perOctave) {
  if (above < sought || f[(long)(bins + bin)] == 0) return LN_TAIL_LOWEST;
  return LN_TAIL_LOWEST + ((bin + (above - sought) / f[(long)(bins + bin)]) * LN2) / perOctave;
}

static double blockLength(const Layout *layout) {
  return layout->dayLength > 96 ? layout->dayLength : 96;
}

static double blockMeanReference(const Layout *layout) {
  return 0.7 + 0.2 * ln(blockLength(layout)) - 0.15;
}

static void startState(double *d, float *f, long b, const Layout *layout) {
  const long c = 2 * b;
  for (long i = b; i < b + layout->stateLength; i++) d[(long)(i)] = 0;
  d[(long)(b + D_LEARNED_UNTIL)] = NAN;
  d[(long)(b + D_LAST_VALUE)] = NAN;
  d[(long)(b + D_OLD_LEVEL)] = NAN;
  for (long i = c + layout->F_PROFILE; i < c + layout->F_PROFILE + layout->dayLength; i++) f[(long)(i)] = NAN;
  for (long i = c + layout->F_RATIO; i < c + layout->F_RATIO + layout->ratioLength; i++) f[(long)(i)] = NAN;
  for (long i = c + layout->F_RING; i < c + layout->F_RING + layout->dayLength; i++) f[(long)(i)] = NAN;
  for (long i = 0, k = 0; i < EXPERT_COUNT; k += ++i + 1) f[(long)(c + F_COVARIANCE + k)] = STACK_COVARIANCE;
  
  f[(long)(c + F_SHIFT_FAST_SQUARE)] = SHIFT_FAST_RATE / (2 - SHIFT_FAST_RATE);
  f[(long)(c + F_SHIFT_SLOW_SQUARE)] = SHIFT_SLOW_RATE / (2 - SHIFT_SLOW_RATE);
  resetTail(f, c, layout);
}

static void resetTail(float *f, long c, const Layout *layout) {
  for (long i = c + F_TAIL_UP; i < c + F_TAIL_SHIFT + COARSE_BINS; i++) f[(long)(i)] = 0;
  for (long i = c + F_REST; i < c + F_REST + REST_SLOTS; i++) f[(long)(i)] = 0;
  f[(long)(c + F_TAIL_POINTS)] = 0;
  f[(long)(c + F_TAIL_AGE)] = 0;
  f[(long)(c + F_BLOCK_POINTS)] = 0;
  f[(long)(c + F_BLOCKS)] = 0;
  f[(long)(c + F_BLOCK_UP)] = 0;
  f[(long)(c + F_BLOCK_DOWN)] = 0;
  f[(long)(c + F_BLOCK_MEAN_UP)] = f[(long)(c + F_BLOCK_MEAN_DOWN)] = blockMeanReference(layout);
  f[(long)(c + F_BLOCK_DEVIATION_UP)] = f[(long)(c + F_BLOCK_DEVIATION_DOWN)] = BLOCK_DEVIATION;
  f[(long)(c + F_STRETCH_UP)] = f[(long)(c + F_STRETCH_DOWN)] = 1;
  f[(long)(c + F_Q_UP)] = f[(long)(c + F_Q_DOWN)] = f[(long)(c + F_Q_GLOBAL)] = f[(long)(c + F_Q_SHIFT)] = 1;
  f[(long)(c + F_DAY_POINTS)] = 0;
  f[(long)(c + F_DAY_MAX)] = 0;
  f[(long)(c + F_DAYS)] = 0;
  f[(long)(c + F_DAY_MEAN)] = 1.6094379124341003; 
  f[(long)(c + F_REST_AGE)] = 0;
  f[(long)(c + F_REST_SLOT)] = 0;
  f[(long)(c + F_RUN)] = 0;
}

static void judgePoint(double *d, float *f, long b, const Layout *layout, long inDay, long hourOfWeek, double value) {
  double *J = JUDGED;
  const long c = 2 * b;
  const double points = d[(long)(b + D_POINTS)];
  if (points == 0) {
    for (long i = 0; i < J_COUNT; i++) J[(long)(i)] = NAN;
    return;
  }
  const double age = d[(long)(b + D_AGE)];
  const double dayLength = layout->dayLength;
  const double profile = f[(long)(c + layout->F_PROFILE + inDay)];
  const int known = age >= dayLength && profile == profile;
  const int mature = known && age >= 2 * dayLength;

  
  const double slowLevel = d[(long)(b + D_SLOW_LEVEL)];
  const long hour = layout->pointsPerHour > 1 ? floor(inDay / layout->pointsPerHour) : inDay;
  const double global = d[(long)(b + D_SPREAD_GLOBAL)];
  const double shrinkage = 8 * dayLength;
  const double spreadHour = (age * f[(long)(c + layout->F_SPREAD_HOUR + hour)] + shrinkage * global) / (age + shrinkage);
  const double fast = d[(long)(b + D_SPREAD_FAST)];
  const double spreadFast = fast > 0.5 * global ? fast : 0.5 * global;
  const double spreadLong = d[(long)(b + D_SPREAD_LONG)];
  double floor = 0.5 * d[(long)(b + D_QUANTUM)];
  const double levelFloor = RELEVANT_LEVEL * fabs(slowLevel);
  if (levelFloor > floor) floor = levelFloor;
  const double movementFloor = RELEVANT_MOVEMENT * d[(long)(b + D_MOVEMENT)];
  if (movementFloor > floor) floor = movementFloor;
  const double zeroShare = f[(long)(c + F_ZERO_SHARE)];
  if (zeroShare > 0.5) {
    
    const double sparseFloor = SPARSE_SPREADS * (2 * zeroShare - 1) * f[(long)(c + F_NONZERO)];
    if (sparseFloor > floor) floor = sparseFloor;
  }
  const double product = spreadFast * spreadLong;
  const double mean = product > 0 && spreadHour > 0 ? exp_(0.4 * ln(spreadHour) + 0.3 * ln(product)) : 0;
  const double floorSquare = floor * floor;
  const double spread = sqrt(mean * mean + floorSquare);
  const double unit = sqrt(global * global + floorSquare);
  J[(long)(J_SPREAD)] = spread;
  J[(long)(J_FLOOR)] = floor;
  J[(long)(J_UNIT)] = unit;
  J[(long)(J_SPREAD_HOUR)] = spreadHour;
  J[(long)(J_SPREAD_FAST)] = spreadFast;
  J[(long)(J_SPREAD_LONG)] = spreadLong;

  
  const double level = d[(long)(b + D_LEVEL)];
  const double least = d[(long)(b + D_MIN)];
  const double most = d[(long)(b + D_MAX)];
  const double range = 0.3 * (most - least);
  const double low = least - range;
  const double high = most + range;
  const double e8 = clamp(d[(long)(b + D_TREND_LEVEL)] + 0.9 * d[(long)(b + D_TREND)], low, high);
  const long losses = c + F_LOSS;
  double expected;
  double weekExpected;
  if (known) {
    const double week = layout->weekLength > 0 ? f[(long)(c + layout->F_WEEK + hourOfWeek)] : 0;
    const double ring = f[(long)(c + layout->F_RING + inDay)];
    const double ratio = f[(long)(c + layout->F_RATIO + (layout->ratioLength < dayLength ? inDay >> 1 : inDay))];
    const double e0 = clamp(profile + d[(long)(b + D_SLOW)], low, high);
    const double e1 = clamp(profile + d[(long)(b + D_FAST)], low, high);
    const double e2 = clamp(level, low, high);
    const double e3 = clamp(ring == ring ? level + ring : level, low, high);
    const double e4 = clamp(profile + week + d[(long)(b + D_WEEK_SLOW)], low, high);
    const double e5 = clamp(profile + week + d[(long)(b + D_WEEK_FAST)], low, high);
    const double e6 = clamp(ratio == ratio ? ratio * d[(long)(b + D_RATIO_LEVEL)] : level, low, high);
    const double e7 = clamp(profile + d[(long)(b + D_LAST_RESIDUAL)], low, high);
    weekExpected = e4;
    J[(long)(0)] = e0;
    J[(long)(1)] = e1;
    J[(long)(2)] = e2;
    J[(long)(3)] = e3;
    J[(long)(4)] = e4;
    J[(long)(5)] = e5;
    J[(long)(6)] = e6;
    J[(long)(7)] = e7;
    J[(long)(8)] = e8;

    
    const double perUnit = unit > 0 ? 1 / unit : 0;
    const double x0 = clamp((e1 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const double x1 = clamp((e2 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const double x2 = clamp((e3 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const double x3 = clamp((e4 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const double x4 = clamp((e5 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const double x5 = clamp((e6 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const double x6 = clamp((e7 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    const double x7 = clamp((e8 - e0) * perUnit, -STACK_X_LIMIT, STACK_X_LIMIT);
    J[(long)(J_STACK_X)] = x0;
    J[(long)(J_STACK_X + 1)] = x1;
    J[(long)(J_STACK_X + 2)] = x2;
    J[(long)(J_STACK_X + 3)] = x3;
    J[(long)(J_STACK_X + 4)] = x4;
    J[(long)(J_STACK_X + 5)] = x5;
    J[(long)(J_STACK_X + 6)] = x6;
    J[(long)(J_STACK_X + 7)] = x7;
    const long w = c + F_WEIGHT;
    const double out =
      f[(long)(w)] * x0 + f[(long)(w + 1)] * x1 + (f[(long)(w + 2)] * x2 + f[(long)(w + 3)] * x3) + (f[(long)(w + 4)] * x4 + f[(long)(w + 5)] * x5 + (f[(long)(w + 6)] * x6 + f[(long)(w + 7)] * x7)) + f[(long)(w + 8)];
    J[(long)(J_STACK_OUT)] = out;
    double stack = e0 + unit * out;
    
    if (!(out >= -1 && out <= 1)) stack = clamp(stack, hullLow(J) - unit, hullHigh(J) + unit);
    J[(long)(J_STACK)] = stack;

    
    double best = f[(long)(losses)];
    for (long k = 1; k < EXPERT_COUNT; k++) if (f[(long)(losses + k)] < best) best = f[(long)(losses + k)];
    if (mature && f[(long)(losses + EXPERT_COUNT)] < best) best = f[(long)(losses + EXPERT_COUNT)];
    const double h0 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses)] - best));
    const double h1 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 1)] - best));
    const double h2 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 2)] - best));
    const double h3 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 3)] - best));
    const double h4 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 4)] - best));
    const double h5 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 5)] - best));
    const double h6 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 6)] - best));
    const double h7 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 7)] - best));
    const double h8 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 8)] - best));
    const double weights = h0 + h1 + (h2 + h3) + (h4 + h5 + (h6 + h7)) + h8;
    const double sum = h0 * e0 + h1 * e1 + (h2 * e2 + h3 * e3) + (h4 * e4 + h5 * e5 + (h6 * e6 + h7 * e7)) + h8 * e8;
    if (mature) {
      const double h9 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 9)] - best));
      expected = 0.5 * ((sum + h9 * stack) / (weights + h9) + stack);
    } else expected = sum / weights;
  } else {
    J[(long)(0)] = J[(long)(4)] = J[(long)(J_STACK)] = weekExpected = slowLevel;
    J[(long)(1)] = J[(long)(2)] = J[(long)(3)] = J[(long)(5)] = J[(long)(6)] = J[(long)(7)] = level;
    J[(long)(8)] = e8;
    const double best = f[(long)(losses + 2)] < f[(long)(losses + 8)] ? f[(long)(losses + 2)] : f[(long)(losses + 8)];
    const double h2 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 2)] - best));
    const double h8 = hedgeWeight(HEDGE_STEPS * (f[(long)(losses + 8)] - best));
    expected = (h2 * level + h8 * e8) / (h2 + h8);
  }
  J[(long)(J_KNOWN)] = known ? 1 : 0;
  J[(long)(J_MATURE)] = mature ? 1 : 0;
  J[(long)(J_EXPECTED)] = expected;

  if (value != value) {
    J[(long)(J_Z)] = J[(long)(J_SCORE)] = J[(long)(J_SHIFT)] = J[(long)(J_INCIDENT)] = J[(long)(J_LN_Z)] = NAN;
    J[(long)(J_SHIFT_SIGN)] = 0;
    return;
  }

  
  const double residual = value - expected;
  const double deviation = fabs(residual);
  const double z = deviation < Z_LIMIT * spread ? deviation / spread : deviation > 0 ? Z_LIMIT : 0;
  const long side = residual > 0 ? c : c + 1; 
  const double lnZ = z > 0.01 ? ln(z) : -4.6;
  double score = z / f[(long)(side + F_Q_UP)];
  const double beyond = lnZ - f[(long)(side + F_BLOCK_MEAN_UP)] - 0.3;
  double raw = score; 
  double burst = 1;
  if (beyond > 0) {
    const double blockDeviation = f[(long)(side + F_BLOCK_DEVIATION_UP)];
    if (blockDeviation > BLOCK_DEVIATION) burst = exp_(-beyond * (1 - BLOCK_DEVIATION / blockDeviation));
    raw *= burst;
  }
  if (score > STRETCH_FROM) {
    
    const double stretch = f[(long)(side + F_STRETCH_UP)];
    if (stretch > 1) score = STRETCH_FROM * exp_(stretch * ln(score / STRETCH_FROM));
  }
  score *= burst;
  if (points < FIRST_SCORED_POINT) score = 0;
  if (value == 0 && zeroShare > 0) {
    
    const double rarest = -ZERO_SCORE_PER_NAT * ln(zeroShare);
    if (score > rarest) score = rarest;
  }
  J[(long)(J_BACK)] = 0;
  J[(long)(J_SCORE_BEFORE_MEMORY)] = score;
  const double memoryAge = f[(long)(c + F_MEMORY_AGE)];
  if (memoryAge > MEMORY_SHORT && known) {
    
    const double old = clamp(profile + (layout->weekLength > 0 ? f[(long)(c + layout->F_WEEK + hourOfWeek)] : 0) + d[(long)(b + D_OLD_LEVEL)], low, high);
    const double oldSpread = d[(long)(b + D_OLD_SPREAD)] > floor ? d[(long)(b + D_OLD_SPREAD)] : floor;
    const double away = value - old;
    const double q = away > 0 ? f[(long)(c + F_Q_UP)] : f[(long)(c + F_Q_DOWN)];
    const double oldScore = fabs(away) / oldSpread / q;
    if (memoryAge > MEMORY_LONG && fabs(away) < BACK_SPREADS * oldSpread && fabs(away) < fabs(value - weekExpected)) J[(long)(J_BACK)] = 1;
    
    const double left = f[(long)(c + F_MEMORY_SCORE)];
    if (oldScore < score && (memoryAge > MEMORY_LONG || left >= score || left >= LOUD_SCORE)) score = oldScore;
  }
  J[(long)(J_Z)] = z;
  J[(long)(J_LN_Z)] = lnZ;
  J[(long)(J_SCORE)] = score;

  
  const double qShift = f[(long)(c + F_Q_SHIFT)];
  double shift = 0;
  double rawShift = 0;
  double sign = 0;
  if (mature) {
    const double own = d[(long)(b + D_SPREAD_SHIFT)];
    const double shiftSpread = sqrt(own * own + 0.25 * spread * spread + floorSquare);
    const double away = value - weekExpected;
    const double dev = shiftSpread > 0 ? clamp(away / shiftSpread, -5, 5) : away > 0 ? 5 : away < 0 ? -5 : 0;
    const double e1 = f[(long)(c + F_SHIFT_FAST)] + SHIFT_FAST_RATE * (dev - f[(long)(c + F_SHIFT_FAST)]);
    const double e2 = f[(long)(c + F_SHIFT_SLOW)] + SHIFT_SLOW_RATE * (dev - f[(long)(c + F_SHIFT_SLOW)]);
    const double square1 = f[(long)(c + F_SHIFT_FAST_SQUARE)];
    const double square2 = f[(long)(c + F_SHIFT_SLOW_SQUARE)];
    const double isFast = e1 * e1 * square2 > e2 * e2 * square1;
    const double e = isFast ? e1 : e2;
    rawShift = fabs(e) / sqrt(isFast ? square1 : square2);
    const double run = shiftRun(f[(long)(c + F_SHIFT_RUN)], dev);
    J[(long)(J_SHIFT_RUN)] = run;
    
    if (run * e > 0 && fabs(run) >= SHIFT_POINTS && J[(long)(J_BACK)] == 0) shift = rawShift / (SHIFT_RARITY * qShift);
    sign = e > 0 ? 1 : -1;
    J[(long)(J_SHIFT_D)] = dev;
    J[(long)(J_SHIFT_SPREAD)] = shiftSpread;
  }
  J[(long)(J_SHIFT)] = shift;
  J[(long)(J_SHIFT_RAW)] = rawShift;
  J[(long)(J_SHIFT_SIGN)] = sign;

  
  const double variance = d[(long)(b + D_GLOBAL_VARIANCE)];
  const double globalZ = variance > 0 ? fabs(value - d[(long)(b + D_GLOBAL_MEAN)]) / sqrt(variance) : 0;
  const double g = globalZ / f[(long)(c + F_Q_GLOBAL)];
  const double s = (0.7 * rawShift) / qShift;
  const double x = sqrt(raw * raw + g * g + s * s);
  J[(long)(J_GLOBAL_Z)] = globalZ;
  J[(long)(J_INCIDENT_X)] = x;
  J[(long)(J_INCIDENT)] = isLargest(f, c + F_REST, x) ? x / exp_(0.7 * (f[(long)(c + F_DAY_MEAN)] - LN_5)) : 0;
}

static double hedgeWeight(double steps) {
  return HEDGE_WEIGHTS[(long)(steps)];
}

static int isLargest(float *f, long rest, double x) {
  for (long k = 0; k < REST_SLOTS; k++) if (!(x > f[(long)(rest + k)])) return 0;
  return 1;
}

static double hullLow(double *J) {
  double low = J[(long)(0)];
  for (long k = 1; k < EXPERT_COUNT; k++) if (J[(long)(k)] < low) low = J[(long)(k)];
  return low;
}

static double hullHigh(double *J) {
  double high = J[(long)(0)];
  for (long k = 1; k < EXPERT_COUNT; k++) if (J[(long)(k)] > high) high = J[(long)(k)];
  return high;
}

static double shiftRun(double before, double dev) {
  if (dev > SHIFT_AWAY) return before > 0 ? before + 1 : 1;
  if (dev < -SHIFT_AWAY) return before < 0 ? before - 1 : -1;
  return 0;
}

static void learnStack(float *f, long c) {
  double *J = JUDGED;
  const double unit = J[(long)(J_UNIT)];
  if (!(unit > 0)) return;
  double *px = covarianceTimesX;
  const long covariance = (c + F_COVARIANCE) & 0x3fffffff;
  J[(long)(J_STACK_X + 8)] = 1;
  double trace = 0;
  for (long i = 0, at = covariance; i < EXPERT_COUNT; i++) {
    const double xi = J[(long)(J_STACK_X + i)];
    double sum = 0;
    for (long j = 0; j < i; j++, at++) {
      const double v = f[(long)(at)];
      sum += v * J[(long)(J_STACK_X + j)];
      px[(long)(j)] += v * xi;
    }
    const double v = f[(long)(at++)];
    trace += v;
    px[(long)(i)] = sum + v * xi;
  }
  const double noise = J[(long)(J_SPREAD)] / unit;
  double denominator = noise * noise;
  for (long i = 0; i < EXPERT_COUNT; i++) denominator += px[(long)(i)] * J[(long)(J_STACK_X + i)];
  const double perDenominator = 1 / denominator;
  const double error = ((J[(long)(J_GATED)] - J[(long)(0)]) / unit - J[(long)(J_STACK_OUT)]) * perDenominator;
  const double growth = trace > STACK_COVARIANCE * EXPERT_COUNT ? 1 : 1 / STACK_FORGETTING;
  for (long i = 0, at = covariance; i < EXPERT_COUNT; i++) {
    f[(long)(c + F_WEIGHT + i)] += px[(long)(i)] * error;
    const double gain = px[(long)(i)] * perDenominator;
    for (long j = 0; j < i; j++, at++) f[(long)(at)] = (f[(long)(at)] - gain * px[(long)(j)]) * growth;
    const double diagonal = (f[(long)(at)] - gain * px[(long)(i)]) * growth;
    f[(long)(at++)] = diagonal > STACK_COVARIANCE_FLOOR ? diagonal : STACK_COVARIANCE_FLOOR;
  }
}

static void learnExperts(double *d, float *f, long b, const Layout *layout, long inDay, long hourOfWeek, double gated, int known, int mature) {
  const long c = 2 * b;
  const double dayLength = layout->dayLength;
  const double points = d[(long)(b + D_POINTS)];
  const double age = d[(long)(b + D_AGE)];
  const double level = d[(long)(b + D_LEVEL)];
  const double slowLevel = d[(long)(b + D_SLOW_LEVEL)];
  const long profileAt = c + layout->F_PROFILE + inDay;
  const double profile = f[(long)(profileAt)];
  const double slowRate = rate(1 / dayLength, points);

  f[(long)(c + layout->F_RING + inDay)] = gated - level;
  d[(long)(b + D_LEVEL)] = level + rate(0.3, points) * (gated - level);
  d[(long)(b + D_SLOW_LEVEL)] = slowLevel + slowRate * (gated - slowLevel);
  const double trendLevel = d[(long)(b + D_TREND_LEVEL)] + 0.9 * d[(long)(b + D_TREND)];
  const double trendError = gated - trendLevel;
  d[(long)(b + D_TREND_LEVEL)] = trendLevel + 0.6 * trendError;
  d[(long)(b + D_TREND)] = 0.9 * d[(long)(b + D_TREND)] + 0.09 * trendError;
  if (gated < d[(long)(b + D_MIN)]) d[(long)(b + D_MIN)] = gated;
  if (gated > d[(long)(b + D_MAX)]) d[(long)(b + D_MAX)] = gated;

  const long ratioAt = c + layout->F_RATIO + (layout->ratioLength < dayLength ? inDay >> 1 : inDay);
  const double ratio = f[(long)(ratioAt)];
  const double seenRatio = fabs(slowLevel) > 1e-9 * (d[(long)(b + D_MAX)] - d[(long)(b + D_MIN)]) ? clamp(gated / slowLevel, -1, 10) : 1;
  const double newRatio = ratio == ratio ? ratio + 0.08 * (seenRatio - ratio) : seenRatio;
  f[(long)(ratioAt)] = newRatio == newRatio ? newRatio : 1;

  if (!known) {
    
    f[(long)(profileAt)] = gated - slowLevel;
    d[(long)(b + D_SLOW)] = d[(long)(b + D_WEEK_SLOW)] = d[(long)(b + D_SLOW_LEVEL)];
    d[(long)(b + D_FAST)] = d[(long)(b + D_WEEK_FAST)] = d[(long)(b + D_LEVEL)];
    d[(long)(b + D_RATIO_LEVEL)] = d[(long)(b + D_SLOW_LEVEL)];
    d[(long)(b + D_LAST_RESIDUAL)] = d[(long)(b + D_LEVEL)];
    return;
  }
  const double ratioError = gated - ratio * d[(long)(b + D_RATIO_LEVEL)];
  if (ratioError == ratioError) d[(long)(b + D_RATIO_LEVEL)] += (0.1 * ratioError * ratio) / (ratio * ratio > 1 ? ratio * ratio : 1);
  const double above = gated - profile;
  const double slow = d[(long)(b + D_SLOW)];
  const double weekSlow = d[(long)(b + D_WEEK_SLOW)];
  double week = 0;
  if (layout->weekLength > 0) {
    const long weekAt = c + layout->F_WEEK + hourOfWeek;
    week = f[(long)(weekAt)];
    f[(long)(weekAt)] = week + (0.25 / layout->pointsPerHour) * (above - week - weekSlow);
  }
  d[(long)(b + D_SLOW)] = slow + slowRate * (above - slow);
  d[(long)(b + D_FAST)] += 0.4 * (above - d[(long)(b + D_FAST)]);
  d[(long)(b + D_WEEK_SLOW)] = weekSlow + slowRate * (above - week - weekSlow);
  d[(long)(b + D_WEEK_FAST)] += 0.4 * (above - week - d[(long)(b + D_WEEK_FAST)]);
  d[(long)(b + D_LAST_RESIDUAL)] = above;

  
  const double change = visitRate(age, dayLength) * (mature ? above - week - weekSlow : above - slow);
  f[(long)(profileAt)] = profile + change;
  if (dayLength >= 96) {
    
    const long before = c + layout->F_PROFILE + (inDay == 0 ? dayLength - 1 : inDay - 1);
    const long after = c + layout->F_PROFILE + (inDay == dayLength - 1 ? 0 : inDay + 1);
    f[(long)(before)] += 0.15 * change;
    f[(long)(after)] += 0.15 * change;
  }
}

static void learnPoint(double *d, float *f, long b, const Layout *layout, long inDay, long hourOfWeek, double value) {
  const double points = d[(long)(b + D_POINTS)];
  if (value != value) {
    if (points > 0) d[(long)(b + D_AGE)] += 1;
    return;
  }
  if (points == 0) {
    firstPoint(d, f, b, layout, inDay, value);
    return;
  }
  double *J = JUDGED;
  const long c = 2 * b;
  const double expected = J[(long)(J_EXPECTED)];
  const double spread = J[(long)(J_SPREAD)];
  const double residual = value - expected;
  const int known = J[(long)(J_KNOWN)] == 1;
  const int mature = J[(long)(J_MATURE)] == 1;
  const double age = d[(long)(b + D_AGE)];

  if (points >= FIRST_SCORED_POINT) learnTail(f, c, layout, residual > 0);
  learnIncident(d, f, b, layout, points, value);

  
  double gated = value;
  const double qUp = f[(long)(c + F_Q_UP)];
  const double qDown = f[(long)(c + F_Q_DOWN)];
  const double q = qUp < qDown ? qUp : qDown;
  const double limit = GATE_SPREADS * spread * (q > 1 ? q : 1);
  double run = f[(long)(c + F_RUN)];
  if (points >= FIRST_SCORED_POINT && fabs(residual) > limit) {
    if (residual > 0) run = run > 0 ? run + 1 : 1;
    else run = run < 0 ? run - 1 : -1;
    const double length = fabs(run);
    if (length <= GATE_RELEARN) {
      double factor = 1;
      for (long k = GATE_DOUBLING; k < length; k += GATE_DOUBLING) factor *= 2;
      const double widened = limit * factor;
      gated = expected + clamp(residual, -widened, widened);
      f[(long)(c + F_GATED)] += 1;
    }
  } else run = 0;
  f[(long)(c + F_RUN)] = run;
  
  int restored = 0;
  const double memory = f[(long)(c + F_MEMORY_AGE)];
  if (memory == 0) {
    if (fabs(run) == 1 && mature) {
      d[(long)(b + D_OLD_LEVEL)] = d[(long)(b + D_WEEK_SLOW)];
      d[(long)(b + D_OLD_SLOW)] = d[(long)(b + D_SLOW)];
      d[(long)(b + D_OLD_SLOW_LEVEL)] = d[(long)(b + D_SLOW_LEVEL)];
      d[(long)(b + D_OLD_SPREAD)] = spread;
      f[(long)(c + F_MEMORY_AGE)] = 1;
      f[(long)(c + F_MEMORY_BACK)] = 0;
      f[(long)(c + F_MEMORY_SCORE)] = J[(long)(J_SCORE)];
    }
  } else {
    if (J[(long)(J_SCORE)] > f[(long)(c + F_MEMORY_SCORE)]) f[(long)(c + F_MEMORY_SCORE)] = J[(long)(J_SCORE)];
    const double back = J[(long)(J_BACK)] == 1 || (memory <= MEMORY_EARLY && run == 0) ? f[(long)(c + F_MEMORY_BACK)] + 1 : 0;
    f[(long)(c + F_MEMORY_BACK)] = back;
    if (back >= BACK_POINTS) {
      restored = memory >= MEMORY_LONG;
      f[(long)(c + F_MEMORY_AGE)] = 0;
    } else f[(long)(c + F_MEMORY_AGE)] = memory + 1 > MEMORY_SEASONS * layout->dayLength ? 0 : memory + 1;
  }

  if (value != 0) {
    const double size = fabs(value);
    const double usual = f[(long)(c + F_NONZERO)];
    const double seen = points * (1 - f[(long)(c + F_ZERO_SHARE)]);
    f[(long)(c + F_NONZERO)] = usual == 0 ? size : usual + rate(1.0 / 200, seen) * ((size < 5 * usual ? size : 5 * usual) - usual);
  }

  
  const double perSpread = spread > 0 ? 1 / spread : 0;
  const double lossRate = rate(HEDGE_RATE, known ? age - layout->dayLength : points);
  J[(long)(J_GATED)] = gated;
  for (long k = known ? 0 : 2; k <= EXPERT_COUNT; k += known ? 1 : 6) {
    const double loss = fabs(gated - J[(long)(k)]) * perSpread;
    f[(long)(c + F_LOSS + k)] += lossRate * ((loss < HEDGE_LOSS_LIMIT ? loss : HEDGE_LOSS_LIMIT) - f[(long)(c + F_LOSS + k)]);
  }
  if (known) learnStack(f, c);

  learnSpreads(d, f, b, layout, inDay, value, residual, points);
  if (mature) learnShift(d, f, b, value - J[(long)(4)], age - 2 * layout->dayLength);
  learnExperts(d, f, b, layout, inDay, hourOfWeek, gated, known, mature);

  if (restored) {
    
    
    d[(long)(b + D_WEEK_FAST)] = d[(long)(b + D_WEEK_SLOW)] = d[(long)(b + D_OLD_LEVEL)];
    d[(long)(b + D_FAST)] = d[(long)(b + D_SLOW)] = d[(long)(b + D_OLD_SLOW)];
    d[(long)(b + D_SLOW_LEVEL)] = d[(long)(b + D_OLD_SLOW_LEVEL)];
    f[(long)(c + F_SHIFT_FAST)] = f[(long)(c + F_SHIFT_SLOW)] = 0;
    f[(long)(c + F_RUN)] = 0;
  }

  
  const double step = fabs(value - d[(long)(b + D_LAST_VALUE)]);
  const double quantum = d[(long)(b + D_QUANTUM)] * QUANTUM_CREEP;
  d[(long)(b + D_QUANTUM)] = step > 0 && (quantum == 0 || step < quantum) ? step : quantum;
  d[(long)(b + D_LAST_VALUE)] = value;
  d[(long)(b + D_POINTS)] = points + 1;
  d[(long)(b + D_AGE)] = age + 1;
}

static void firstPoint(double *d, float *f, long b, const Layout *layout, long inDay, double value) {
  const long c = 2 * b;
  d[(long)(b + D_LEVEL)] = d[(long)(b + D_SLOW_LEVEL)] = d[(long)(b + D_TREND_LEVEL)] = value;
  d[(long)(b + D_SLOW)] = d[(long)(b + D_FAST)] = d[(long)(b + D_WEEK_SLOW)] = d[(long)(b + D_WEEK_FAST)] = d[(long)(b + D_RATIO_LEVEL)] = value;
  d[(long)(b + D_MIN)] = d[(long)(b + D_MAX)] = d[(long)(b + D_LAST_VALUE)] = d[(long)(b + D_GLOBAL_MEAN)] = value;
  f[(long)(c + layout->F_PROFILE + inDay)] = 0;
  d[(long)(b + D_POINTS)] = 1;
  d[(long)(b + D_AGE)] = 1;
}

static void learnIncident(double *d, float *f, long b, const Layout *layout, double points, double value) {
  const long c = 2 * b;
  const double k = rate(1.0 / 6400, points);
  const double away = value - d[(long)(b + D_GLOBAL_MEAN)];
  d[(long)(b + D_GLOBAL_MEAN)] += k * away;
  d[(long)(b + D_GLOBAL_VARIANCE)] = (1 - k) * (d[(long)(b + D_GLOBAL_VARIANCE)] + k * away * away);

  const double x = JUDGED[(long)(J_INCIDENT_X)];
  const double slotLength = ceil((1.4 * pointsPerDay(layout)) / REST_SLOTS);
  long slot = f[(long)(c + F_REST_SLOT)];
  const double restAge = f[(long)(c + F_REST_AGE)] + 1;
  if (restAge > slotLength) {
    slot = slot + 1 >= REST_SLOTS ? 0 : slot + 1;
    f[(long)(c + F_REST_SLOT)] = slot;
    f[(long)(c + F_REST_AGE)] = 1;
    f[(long)(c + F_REST + slot)] = 0;
  } else f[(long)(c + F_REST_AGE)] = restAge;
  if (x > f[(long)(c + F_REST + slot)]) f[(long)(c + F_REST + slot)] = x;

  if (x > f[(long)(c + F_DAY_MAX)]) f[(long)(c + F_DAY_MAX)] = x;
  const double dayPoints = f[(long)(c + F_DAY_POINTS)] + 1;
  if (dayPoints >= layout->dayLength) {
    const double days = f[(long)(c + F_DAYS)] + 1;
    const double max = f[(long)(c + F_DAY_MAX)] > 0.1 ? f[(long)(c + F_DAY_MAX)] : 0.1;
    f[(long)(c + F_DAY_MEAN)] += (ln(max) - f[(long)(c + F_DAY_MEAN)]) / (12 + days);
    f[(long)(c + F_DAYS)] = days;
    f[(long)(c + F_DAY_MAX)] = 0;
    f[(long)(c + F_DAY_POINTS)] = 0;
  } else f[(long)(c + F_DAY_POINTS)] = dayPoints;
}

static void learnSpreads(double *d, float *f, long b, const Layout *layout, long inDay, double value, double residual, double points) {
  const long c = 2 * b;
  const double spread = JUDGED[(long)(J_SPREAD)];
  const double raw = fabs(residual);
  
  const int free = points < FIRST_SCORED_POINT || spread == 0;
  const double by4 = SPREAD_PER_DEVIATION * (free || raw < 4 * spread ? raw : 4 * spread);
  const double by3 = SPREAD_PER_DEVIATION * (free || raw < 3 * spread ? raw : 3 * spread);
  const double by30 = SPREAD_PER_DEVIATION * (free || raw < 30 * spread ? raw : 30 * spread);
  d[(long)(b + D_SPREAD_GLOBAL)] += rate(1.0 / 100, points - 1) * (by4 - d[(long)(b + D_SPREAD_GLOBAL)]);
  d[(long)(b + D_SPREAD_FAST)] += rate(1.0 / 20, points - 1) * (by3 - d[(long)(b + D_SPREAD_FAST)]);
  d[(long)(b + D_SPREAD_LONG)] += rate(1 / (5 * pointsPerDay(layout)), points - 1) * (by30 - d[(long)(b + D_SPREAD_LONG)]);
  const long hour = layout->pointsPerHour > 1 ? floor(inDay / layout->pointsPerHour) : inDay;
  const long at = c + layout->F_SPREAD_HOUR + hour;
  f[(long)(at)] += (visitRate(d[(long)(b + D_AGE)], layout->dayLength) / layout->pointsPerHour) * (by4 - f[(long)(at)]);

  const double move = fabs(value - d[(long)(b + D_SLOW_LEVEL)]);
  d[(long)(b + D_MOVEMENT)] += rate(1 / (20 * pointsPerDay(layout)), points - 1) * (move - d[(long)(b + D_MOVEMENT)]);
}

static void learnShift(double *d, float *f, long b, double away, double seen) {
  const long c = 2 * b;
  const double raw = fabs(away);
  const double shiftSpread = JUDGED[(long)(J_SHIFT_SPREAD)];
  const double own = SPREAD_PER_DEVIATION * (raw < 4 * shiftSpread ? raw : 4 * shiftSpread);
  d[(long)(b + D_SPREAD_SHIFT)] += rate(1.0 / 100, seen) * (own - d[(long)(b + D_SPREAD_SHIFT)]);
  const double dev = JUDGED[(long)(J_SHIFT_D)];
  f[(long)(c + F_SHIFT_RUN)] = JUDGED[(long)(J_SHIFT_RUN)];
  learnShiftAverage(f, c + F_SHIFT_FAST, c + F_SHIFT_FAST_SQUARE, dev, SHIFT_FAST_RATE);
  learnShiftAverage(f, c + F_SHIFT_SLOW, c + F_SHIFT_SLOW_SQUARE, dev, SHIFT_SLOW_RATE);
}

static void learnShiftAverage(float *f, long average, long square, double dev, double k) {
  const double e = f[(long)(average)] + k * (dev - f[(long)(average)]);
  f[(long)(average)] = e;
  const double before = f[(long)(square)];
  const double seen = e * e < 9 * before ? e * e : 9 * before;
  const double after = before + 0.003 * (seen - before);
  
  f[(long)(square)] = after > SHIFT_SQUARE_LEAST ? after : SHIFT_SQUARE_LEAST;
}

static double pointsPerDay(const Layout *layout) {
  return layout->weekLength == 0 ? 1 : layout->dayLength;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  buildTables();
  LN_REF_05 = ln(2.2);
  LN_REF_01 = ln(3.3);
  LN_REF_001 = ln(5.6);
  LN_STEP_01 = ln(1.5);
  LN_STEP_001 = ln(1.7);
  Layout layout = {.dayLength = atof(argv[1]), .weekLength = atof(argv[2])};
  const long seriesCount = atol(argv[3]), intervalCount = atol(argv[4]);
  layout.hourCount = layout.dayLength < 24 ? layout.dayLength : 24;
  layout.pointsPerHour = layout.dayLength / layout.hourCount;
  layout.ratioLength = layout.dayLength > 144 ? layout.dayLength / 2 : layout.dayLength;
  layout.F_SPREAD_HOUR = F_HOURS;
  layout.F_ZERO_HOUR = layout.F_SPREAD_HOUR + (long)layout.hourCount;
  layout.F_PROFILE = layout.F_ZERO_HOUR + (long)layout.hourCount;
  layout.F_WEEK = layout.F_PROFILE + (long)layout.dayLength;
  layout.F_RATIO = layout.F_WEEK + (long)layout.weekLength;
  layout.F_RING = layout.F_RATIO + (long)layout.ratioLength;
  layout.stateLength = (layout.F_RING + (long)layout.dayLength + 1) / 2;
  double *values = malloc(sizeof(double) * seriesCount * intervalCount);
  if (fread(values, sizeof(double), seriesCount * intervalCount, stdin) != (size_t)(seriesCount * intervalCount)) return 3;
  double *d = malloc(8 * layout.stateLength * seriesCount);
  float *f = (float *)d;
  for (long s = 0; s < seriesCount; s++) startState(d, f, s * layout.stateLength, &layout);
  struct timespec from, to;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  for (long s = 0; s < seriesCount; s++) {
    const long b = s * layout.stateLength;
    for (long t = 0; t < intervalCount; t++) {
      const long inDay = t % (long)layout.dayLength;
      const long hourOfWeek = layout.weekLength == 0 ? 0 : (long)floor(t * 24.0 / layout.dayLength) % 168;
      judgePoint(d, f, b, &layout, inDay, hourOfWeek, values[s * intervalCount + t]);
      learnPoint(d, f, b, &layout, inDay, hourOfWeek, values[s * intervalCount + t]);
    }
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  uint32_t hash = 2166136261u;
  const unsigned char *bytes = (const unsigned char *)d;
  for (long i = 0; i < 8 * layout.stateLength * seriesCount; i++) hash = (hash ^ bytes[i]) * 16777619u;
  printf("%.6f %u\n", (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9, hash);
  return 0;
}
