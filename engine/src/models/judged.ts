/**
 * What `judgePoint` leaves behind for the rules, for `learnPoint` and for whoever asks why.
 */
// What `judgePoint` leaves behind: slots of JUDGED.
export const J_EXPERT = 0; // [9]
export const J_STACK = 9;
export const J_EXPECTED = 10;
export const J_SPREAD = 11;
export const J_FLOOR = 12;
export const J_Z = 13; // |value − expected| / spread
export const J_SCORE = 14;
export const J_SHIFT = 15; // score of the slow channel, with its sign in J_SHIFT_SIGN
export const J_INCIDENT = 16;
export const J_SHIFT_SIGN = 17;
export const J_SHIFT_D = 18; // deviation that the slow channel takes in
export const J_UNIT = 19; // u: the stack's unit
export const J_GLOBAL_Z = 20;
export const J_INCIDENT_X = 21;
export const J_STACK_X = 22; // [9]
export const J_STACK_OUT = 31; // the stack's own output before its clamp, in units
export const J_LN_Z = 32;
export const J_SPREAD_HOUR = 33;
export const J_SPREAD_FAST = 34;
export const J_SPREAD_LONG = 35;
export const J_KNOWN = 36; // 1 when the position has been seen: the profile experts count
export const J_MATURE = 37; // 1 after two seasons: the stack counts
export const J_SHIFT_SPREAD = 38;
export const J_BACK = 39; // 1 when the value is back in the remembered regime
export const J_SHIFT_RAW = 40; // before its rarity
export const J_SCORE_BEFORE_MEMORY = 41;
export const J_SHIFT_RUN = 42;
export const J_GATED = 43; // the value as the experts learn it
export const J_COUNT = 44;

/** The last point judged, all its parts. One for the process: judging is synchronous and reads it at once. */
export const JUDGED = new Float64Array(J_COUNT);

