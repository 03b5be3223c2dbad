// Proxy script of the agents' interface. A page may set REST.apiURL before its first call.
var REST = (function () {
  "use strict";
  var guid = "";
  var CALL_MS = 120000;
  var POLL_MS = 60000;
  var script = typeof document !== "undefined" ? document.currentScript : null;
  var rest = {
    apiURL: (script && script.src ? script.src.split("/agentgateway/")[0] : "") + "@PREFIX@",
    debug: false,
    loglevel: 0
  };

  function encode(value) {
    return encodeURIComponent(String(value));
  }

  rest.Encoding = {
    hash: encode,
    encodePathSegment: encode,
    encodePathSegments: function (value) {
      return String(value).split("/").map(encode).join("/");
    },
    encodePathParamName: encode,
    encodePathParamValue: encode,
    encodeQueryParamNameOrValue: encode,
    encodeFormNameOrValue: function (value) {
      return encode(value).replace(/%20/g, "+");
    },
    percentByte: function (byte) {
      return "%" + (byte < 16 ? "0" : "") + byte.toString(16).toUpperCase();
    }
  };

  function Request() {
    this.method = "GET";
    this.uri = "";
    this.accepts = "application/json";
    this.contentType = "";
    this.async = true;
    this.isPoll = false;
    this.entity = undefined;
    this.user = null;
    this.password = null;
    this.timeoutHandle = null;
    this.headers = [];
    this.query = [];
  }

  Request.prototype = {
    setMethod: function (method) { this.method = method; },
    setURI: function (uri) { this.uri = uri; },
    setAccepts: function (accepts) { this.accepts = accepts; },
    setContentType: function (contentType) { this.contentType = contentType; },
    setCredentials: function (user, password) { this.user = user; this.password = password; },
    setEntity: function (entity) { this.entity = entity; },
    setAsync: function (isAsync) { this.async = isAsync; },
    setSpecial: function (isPoll) { this.isPoll = isPoll; },
    setTimeoutHandle: function (handle) { this.timeoutHandle = handle; },
    addHeader: function (name, value) { this.headers.push([name, value]); },
    addQueryParameter: function (name, value) { this.query.push(encode(name) + "=" + encode(value)); },

    execute: function (callback) {
      var xhr = new XMLHttpRequest();
      var address = this.uri;
      var body = null;
      if (this.query.length) {
        address += (address.indexOf("?") < 0 ? "?" : "&") + this.query.join("&");
      }
      if (this.user === null) {
        xhr.open(this.method, address, this.async);
      } else {
        xhr.open(this.method, address, this.async, this.user, this.password);
      }
      if (this.async) {
        xhr.timeout = this.isPoll ? POLL_MS : CALL_MS;
        if (this.timeoutHandle) {
          xhr.ontimeout = this.timeoutHandle;
        }
      }
      xhr.setRequestHeader("Accept", this.accepts);
      if (this.entity !== undefined && this.entity !== null) {
        body = typeof this.entity === "string" ? this.entity : JSON.stringify(this.entity);
        xhr.setRequestHeader("Content-Type", this.contentType || "application/json; charset=UTF-8");
      } else {
        xhr.setRequestHeader("Content-Type", this.contentType || "text/plain");
      }
      if (guid) {
        xhr.setRequestHeader("Guid", guid);
      }
      this.headers.forEach(function (header) { xhr.setRequestHeader(header[0], header[1]); });
      if (!this.async) {
        xhr.send(body);
        finish(xhr, callback);
        return;
      }
      xhr.onreadystatechange = function () {
        if (xhr.readyState === 4) {
          finish(xhr, callback);
        }
      };
      xhr.send(body);
    }
  };

  function header(xhr, name) {
    try {
      return xhr.getResponseHeader(name) || "";
    } catch (error) {
      return "";
    }
  }

  function finish(xhr, callback) {
    var entity = xhr.responseText;
    if (xhr.status >= 200 && xhr.status < 300) {
      var told = header(xhr, "Set-GUID");
      if (told.indexOf("=") >= 0) {
        guid = told.substring(told.indexOf("=") + 1);
      }
    }
    if ((header(xhr, "Content-Type") + header(xhr, "JSON-Type")).indexOf("application/json") >= 0) {
      try {
        entity = JSON.parse(entity);
      } catch (error) {
        entity = xhr.responseText;
      }
    }
    if (callback) {
      callback(xhr.status, xhr, entity);
    }
  }

  function valueOf(parameters, name) {
    var wanted = name.toLowerCase();
    for (var key in parameters) {
      if (key.toLowerCase() === wanted) {
        return parameters[key];
      }
    }
    return "";
  }

  function call(row, parameters) {
    var request = new Request();
    var inPath = {};
    var answer;
    request.setMethod(row[0]);
    request.setURI(
      (parameters.$apiURL || rest.apiURL) +
        row[1].replace(/\{(\w+)\}/g, function (whole, name) {
          inPath[name.toLowerCase()] = true;
          return rest.Encoding.encodePathSegment(valueOf(parameters, name));
        })
    );
    Object.keys(parameters).forEach(function (key) {
      if (key.charAt(0) !== "$" && !inPath[key.toLowerCase()] && parameters[key] !== undefined) {
        request.addQueryParameter(key, parameters[key]);
      }
    });
    if (parameters.$username !== undefined) {
      request.setCredentials(parameters.$username, parameters.$password);
    }
    if (parameters.$accepts) {
      request.setAccepts(parameters.$accepts);
    }
    if (parameters.$contentType) {
      request.setContentType(parameters.$contentType);
    }
    request.setTimeoutHandle(parameters.$timeoutHandle || null);
    request.setEntity(parameters.$entity);
    request.setSpecial(row[2] === 1);
    if (parameters.$callback) {
      request.execute(parameters.$callback);
      return undefined;
    }
    request.setAsync(false);
    request.execute(function (status, xhr, entity) { answer = entity; });
    return answer;
  }

  rest.Request = Request;
  rest.define = function (rows) {
    var made = {};
    Object.keys(rows).forEach(function (name) {
      made[name] = function (parameters) { return call(rows[name], parameters || {}); };
    });
    return made;
  };
  return rest;
})();
