(()=>{
"use strict";
const dark=/*DARK*/,isDark=matchMedia("(prefers-color-scheme: dark)").matches;
const local=new Intl.DateTimeFormat(undefined,{dateStyle:"medium",timeStyle:"long"});
for(const each of document.querySelectorAll("time[datetime]")){
 const at=new Date(each.dateTime);
 if(!isNaN(at))each.title=local.format(at);
}
for(const each of document.querySelectorAll("[data-chart]")){
 const text=document.getElementById(each.dataset.chart).textContent;
 const spec=JSON.parse(isDark?text.replace(/#[0-9a-f]{6}\b/gi,ink=>dark[ink.toLowerCase()]||ink):text);
 vegaEmbed(each,spec,{mode:"vega",ast:true,actions:false,defaultStyle:false,renderer:"svg",logLevel:1,tooltip:{theme:"custom"}}).catch(error=>{
  each.textContent="This chart could not be drawn: "+error.message;
 });
}
})();
