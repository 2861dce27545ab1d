import { ApiError } from '../service.ts';

/** RAM's exceptions that are more than one call's (aws.md 5.8): all with 400, and without fields. */
export const invalidParameter = (message: string): ApiError => new ApiError('InvalidParameterException', message);

export const unknownResource = (message: string): ApiError => new ApiError('UnknownResourceException', message);

export const malformedArn = (arn: string): ApiError =>
  new ApiError('MalformedArnException', `The specified resource ARN ${arn} is not valid`);

export const notPermitted = (message: string): ApiError => new ApiError('OperationNotPermittedException', message);

export const invalidState = (message: string): ApiError => new ApiError('InvalidStateTransitionException', message);
