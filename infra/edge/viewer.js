// Who asks the API? Whatever a client says of its own address is replaced by what CloudFront saw.
function handler(event) {
  var request = event.request;
  request.headers["{address}"] = { value: event.viewer.ip };
  return request;
}
