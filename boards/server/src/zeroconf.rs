//! Announcing the service in the local network, by multicast DNS.

use mdns_sd::{ServiceDaemon, ServiceInfo};

use crate::Address;

/// The type of service that Home Assistant looks for.
const SERVICE: &str = "_wyoming._tcp.local.";

/// Announces every port that the network reaches, as long as what is returned lives. What cannot be announced is logged:
/// the service works without.
pub(crate) fn announce(name: &str, addresses: &[Address]) -> Option<ServiceDaemon> {
    let open: Vec<u16> = (addresses.iter())
        .filter(|address| !address.is_local())
        .filter_map(|address| match address {
            Address::Tcp(address) => Some(address.port()),
            Address::Unix(_) => None,
        })
        .collect();
    if open.is_empty() {
        log::warn!("nothing to announce: every address is local; listen at tcp://0.0.0.0:10400");
        return None;
    }
    let host = format!("{}.local.", name.replace(|char: char| !char.is_ascii_alphanumeric(), "-"));
    let announced = ServiceDaemon::new().and_then(|daemon| {
        for port in open {
            let none: Option<std::collections::HashMap<String, String>> = None;
            daemon.register(ServiceInfo::new(SERVICE, name, &host, "", port, none)?.enable_addr_auto())?;
        }
        Ok(daemon)
    });
    match announced {
        Ok(daemon) => {
            log::info!("announced as `{name}.{SERVICE}`");
            Some(daemon)
        }
        Err(error) => {
            log::error!("cannot announce the service: {error}");
            None
        }
    }
}
