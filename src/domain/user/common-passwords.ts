// Whether a password is one that attackers try first: dictionaries, keyboard walks, sequences and repetitions, by zxcvbn.

/** Guesses needed, as a power of ten: below it a password counts as common. An unthrottled attacker makes 10^10 guesses a second. */
const COMMON_BELOW_LOG10 = 8;

type Estimate = (password: string) => Promise<number>;

let estimator: Promise<Estimate> | undefined;

/** Loaded at the first use alone: the dictionaries take 20 MB that a process which only issues tokens never needs. */
async function loadEstimator(): Promise<Estimate> {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  return (password) => Promise.resolve(zxcvbn.check(password).guessesLog10);
}

export async function isCommonPassword(password: string): Promise<boolean> {
  estimator ??= loadEstimator();
  const estimate = await estimator;
  // Longer ones gain nothing from the estimate and cost much: it grows with the square of the length.
  return (await estimate(password.slice(0, 100).toLowerCase())) < COMMON_BELOW_LOG10;
}
