/** Where something is: an account's part of a region. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
}

/** The key of everything that an account has in a region. */
export const placeKey = ({ accountId, region }: Place): string => `${accountId}/${region}`;
