//! Certificates that are made for one test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority, and a server with a certificate of it for this machine's own address.
pub(crate) struct Authority {
    /// Its certificate, for `SSL_CERT_FILE`.
    pub(crate) pem: String,
    pub(crate) server: Arc<ServerConfig>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut own = CertificateParams::default();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = own.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(own, key);
        let server_key = KeyPair::generate().unwrap();
        let of_server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = of_server.signed_by(&server_key, &issuer).unwrap();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        Self { pem, server: Arc::new(server) }
    }
}
