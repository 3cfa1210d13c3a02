// The page around the script: buttons, texts and fields by their ids, and its server. The
// server has put the tokens into the page's HTML.

function onClick(id, callback) {
  document.getElementById(id).onclick = callback;
}

function show(id, text) {
  document.getElementById(id).textContent = text;
}

function value(id) {
  return document.getElementById(id).value;
}

function post(path, data, callback) {
  var request = new XMLHttpRequest();
  request.onload = function () {
    callback(request.status);
  };
  request.open("POST", path);
  request.setRequestHeader("Content-Type", "application/json");
  request.send(JSON.stringify(data));
}
