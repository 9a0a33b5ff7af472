// RFC 9220 takes over the extended CONNECT of RFC 8441 as it is: one implementation, under HTTP/3's own names.
export {
  buildExtendedConnect as buildHttp3Request,
  extendedConnectHeaders as http3ResponseHeaders,
  validateExtendedConnect as validateHttp3Request,
  validateExtendedConnectResponse as validateHttp3Response,
} from './extended-connect.ts';
