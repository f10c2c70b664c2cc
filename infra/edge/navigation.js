// Which paths are pages of the app? One file shows them all. Run by CloudFront before it looks for a file.
var PAGE = /^{page}$/;

function handler(event) {
  var request = event.request;
  var path = request.uri;
  try {
    path = decodeURIComponent(path);
  } catch (malformed) {
    return request;
  }
  if (PAGE.test(path)) {
    request.uri = "/{index}";
  }
  return request;
}
