// Loaded by `require`, in the process and in the workflow bundle: with a codec, messages and stack traces of failures
// are encrypted as well.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
