import type { AwsError } from '../aws/aws.ts';
import type { Problem } from '../kinds/kind.ts';

/**
 * What an error of AWS means for the object whose pass it ended.
 *
 * @param message in the error's own place, where not everything that it says may be told
 */
export function problemOf(error: AwsError, message = error.message): Problem {
  switch (error.meaning) {
    case 'throttled':
      return { reason: 'Throttled', message, heals: 'time' };
    case 'transport':
      return { reason: 'AwsUnreachable', message, heals: 'time' };
    case 'denied':
      return { reason: 'AccessDenied', message, heals: 'person' };
    case 'credentials':
      return { reason: 'CredentialsUnavailable', message, heals: 'time' };
    case 'outstanding':
      return { reason: 'QuotaExceeded', message, heals: 'time' };
    case 'quota':
      return { reason: 'QuotaExceeded', message, heals: 'person' };
    case 'invalid':
      return { reason: 'RequestRefused', message, heals: 'person' };
    case 'notFound':
    case 'exists':
    case 'state':
      // What was read is not what AWS has: the next pass reads again.
      return { reason: 'Progressing', message, heals: 'time' };
    default:
      return error.meaning satisfies never;
  }
}
