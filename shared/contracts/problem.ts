import { kitProblems, type ProblemType } from '@rollcall/kit/contracts';

const applicationProblems = {
  'not-found': { ...kitProblems['not-found'], detail: 'There is no member of that id here.' },
  'too-many-requests': {
    ...kitProblems['too-many-requests'],
    description: 'The rate limit of the caller or of the phone is exceeded. `Retry-After` states when to try again.',
    detail: 'Too many registrations for one caller. Try again in 12 s.',
  },
  'phone-taken': {
    status: 409,
    description: 'A member with this phone already exists.',
    detail: 'A member with this phone is registered already.',
  },
  'not-enough-points': {
    status: 409,
    description:
      'The member has fewer points than requested. This problem occurs in an operation, never as a response.',
    detail: 'The balance is 20 points.',
  },
  'account-closed': {
    status: 409,
    description: 'The points account is closed. This problem occurs in an operation, never as a response.',
    detail: 'The member has left.',
  },
  'deadline-passed': {
    status: 504,
    description:
      "No reply arrived before the caller's deadline. This problem occurs in an operation, never as a response.",
    detail: 'The points service did not respond in time. If points were deducted, they are returned.',
  },
} as const satisfies Record<string, ProblemType>;

/** All problem types that the API returns. */
export const problems = { ...kitProblems, ...applicationProblems } as const;

export type ProblemCode = keyof typeof problems;

/** Returns the code and status that identify a problem, as arguments for a `Problem` or its document. */
export const kindOf = (code: ProblemCode) => ({ code, status: problems[code].status });
