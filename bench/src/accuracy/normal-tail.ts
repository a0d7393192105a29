/** 1 − Q(|z|) in double precision, ties at the top included: as the published figure was made. */
export function oneMinusTail(z: number): number {
  // erfc by its continued fraction (Abramowitz & Stegun 7.1.14) where it converges fast, else by its series (7.1.5).
  const x = z / Math.SQRT2;
  let erfc: number;
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 60; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    erfc = 1 - (2 / Math.sqrt(Math.PI)) * sum;
  } else {
    let fraction = 0;
    for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction);
    erfc = Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
  }
  return 1 - erfc / 2;
}
