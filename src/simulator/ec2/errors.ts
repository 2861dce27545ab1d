import type { UnsuccessfulItem } from '@aws-sdk/client-ec2';
import { ApiError } from '../service.ts';

/** What AWS says of a value that it does not take. */
export const invalidValue = (message: string): ApiError => new ApiError('InvalidParameterValue', message);

export const badParameter = (value: unknown, parameter: string, why: string): ApiError =>
  invalidValue(`Value (${value}) for parameter ${parameter} is invalid. ${why}`);

export const dependencyViolation = (message: string): ApiError => new ApiError('DependencyViolation', message);

export const notPermitted = (message: string): ApiError => new ApiError('OperationNotPermitted', message);

/** A parameter of a modelled call that asks for what the simulator does not model. */
export const notModelled = (operation: string, parameter: string): ApiError =>
  new ApiError(`NotImplemented.${operation}.${parameter}`, `The simulator does not model ${parameter} of ${operation}`, {
    httpStatus: 501,
  });

/** The value of a parameter that must be there; a text must not be empty. */
export function required<Value>(value: Value | undefined, parameter: string): Value {
  if (value === undefined || value === '') throw new ApiError('MissingParameter', `The request must contain the parameter ${parameter}`);
  return value;
}

/**
 * The one of several parameters that was given.
 *
 * @throws ApiError MissingParameter for none, InvalidParameterCombination for more than one
 */
export function exactlyOne(parameters: Readonly<Record<string, unknown>>): string {
  const given = Object.keys(parameters).filter((name) => parameters[name] !== undefined);
  if (given.length === 0) {
    throw new ApiError('MissingParameter', `The request must contain the parameter ${Object.keys(parameters).join(' or ')}`);
  }
  if (given.length > 1) {
    throw new ApiError('InvalidParameterCombination', `The parameters ${given.join(' and ')} cannot be used together`);
  }
  return given[0]!;
}

/** As {@link invalidValue}, in the code that calls about endpoints use. */
export const invalidParameter = (message: string): ApiError => new ApiError('InvalidParameter', message);

/** What went wrong with each of the things that a call names; whatever else it names goes on. */
export function unsuccessful(ids: readonly string[], run: (id: string) => void): UnsuccessfulItem[] {
  return ids.flatMap((ResourceId) => {
    try {
      run(ResourceId);
      return [];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return [{ ResourceId, Error: { Code: error.code, Message: error.message } }];
    }
  });
}
