/**
 * Numbers that more than one part of the ensemble goes by.
 *
 * The files of the hot path copy these, the slots of a state and those of JUDGED into constants of their own. V8 compiles
 * a file's own constants into the code; an imported or exported one it reads from memory and checks at every use
 * (1.2 against 0.9 µs a point; the compiled `judgePoint` is half as long).
 */

/** Values beyond are treated as this large: their squares still fit, and no business number is near it. */
export const VALUE_LIMIT = 1e30;
/** Points before this one only teach. */
export const FIRST_SCORED_POINT = 5;
/** Score from which thin tails lift it. */
export const STRETCH_FROM = 3;
/** Points after which what was left is a regime to come back to. */
export const MEMORY_LONG = 12;
/** V at the start, and the V from which a series counts as bursty. */
export const BLOCK_DEVIATION = 0.5;
export const LN_5 = 1.6094379124341003;
/** Of the slow channel's two averages. */
export const SHIFT_FAST_RATE = 1 / 4;
export const SHIFT_SLOW_RATE = 1 / 16;
/** Of the stack at the start: a strong pull to expert 0. */
export const STACK_COVARIANCE = 0.02;
